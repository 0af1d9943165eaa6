#include "agent/identity.h"

#include <filesystem>

#include "base/file.h"
#include "crypto/pki.h"
#include "crypto/tls.h"
#include "protocol/token.h"

namespace warder::agent {
namespace {

constexpr unsigned kPrivate = 0600;
constexpr std::string_view kKey = "key.pem";
constexpr std::string_view kCertificate = "certificate.pem";
constexpr std::string_view kNextKey = "key.next.pem";
constexpr std::string_view kCa = "ca.pem";
constexpr std::string_view kAbout = "agent.json";

json::object about(const Identity& identity) {
  json::object object;
  object["agent"] = identity.agent.text();
  object["tenant"] = identity.tenant.text();
  object["managers"] = json::array(identity.managers.begin(), identity.managers.end());
  if (identity.maintenance) object["maintenance_key"] = to_base64url(*identity.maintenance);
  json::array keys;
  for (const auto& key : identity.content_keys) keys.emplace_back(to_base64url(key));
  object["content_keys"] = std::move(keys);
  return object;
}

Result<void> read_about(const json::object& object, Identity& identity) {
  identity.agent = WD_TRY(parse_id<AgentId>(WD_TRY(get_string(object, "agent"))));
  identity.tenant = WD_TRY(parse_id<TenantId>(WD_TRY(get_string(object, "tenant"))));
  for (const auto& url : *WD_TRY(get_array(object, "managers"))) {
    if (url.is_string()) identity.managers.emplace_back(url.get_string());
  }
  if (find(object, "maintenance_key") != nullptr) {
    identity.maintenance = WD_TRY(protocol::parse_public_key(WD_TRY(get_string(object, "maintenance_key"))));
  }
  for (const auto& key : *WD_TRY(get_array(object, "content_keys"))) {
    if (key.is_string()) identity.content_keys.push_back(WD_TRY(protocol::parse_public_key(key.get_string())));
  }
  return {};
}

/// A crash between the two renames of save_renewal() leaves the new certificate with the old key in place; the new key
/// is then still beside it.
Result<void> finish_renewal(const std::filesystem::path& directory, Identity& identity) {
  auto next = read_file(directory / kNextKey);
  if (!next) return {};
  crypto::TlsClientOptions pair;
  pair.ca_pem = identity.ca_pem;
  pair.certificate_chain_pem = identity.certificate_pem;
  pair.private_key_pem = *next;
  if (crypto::TlsClientContext::create(std::move(pair))) {  // refuses a key that is not the certificate's
    identity.private_key_pem = *next;
    WD_TRY(write_file_atomically(directory / kKey, *next, kPrivate));
  }
  std::error_code ignored;
  std::filesystem::remove(directory / kNextKey, ignored);
  return {};
}

}  // namespace

Result<CertificateLife> certificate_life(const Identity& identity) {
  const auto certificate = WD_TRY(crypto::read_certificate(identity.certificate_pem));
  const auto life = certificate.not_after - certificate.not_before;
  return CertificateLife{certificate.not_after, certificate.not_before + life * 2 / 3};
}

Result<Identity> load_identity(const std::filesystem::path& directory) {
  Identity identity;
  identity.certificate_pem = WD_TRY(read_file(directory / kCertificate));
  identity.private_key_pem = WD_TRY(read_file(directory / kKey));
  identity.ca_pem = WD_TRY(read_file(directory / kCa));
  const auto text = WD_TRY(read_file(directory / kAbout));
  const auto parsed = WD_TRY(parse_json(text).in((directory / kAbout).string()));
  if (!parsed.is_object()) return fail(ErrorCode::Corrupt, (directory / kAbout).string() + ": not an object");
  WD_TRY(read_about(parsed.get_object(), identity).in((directory / kAbout).string()));
  WD_TRY(finish_renewal(directory, identity));
  WD_TRY(certificate_life(identity).in((directory / kCertificate).string()));
  return identity;
}

Result<void> save_identity(const std::filesystem::path& directory, const Identity& identity) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  std::filesystem::permissions(directory, std::filesystem::perms::owner_all, error);
  if (error) return fail(ErrorCode::Unavailable, directory.string() + ": " + error.message());
  WD_TRY(write_file_atomically(directory / kKey, identity.private_key_pem, kPrivate));
  WD_TRY(write_file_atomically(directory / kCa, identity.ca_pem, kPrivate));
  WD_TRY(write_file_atomically(directory / kAbout, json::serialize(about(identity)), kPrivate));
  return write_file_atomically(directory / kCertificate, identity.certificate_pem, kPrivate);
}

Result<void> save_renewal(const std::filesystem::path& directory, std::string_view private_key_pem,
                          std::string_view certificate_pem) {
  WD_TRY(write_file_atomically(directory / kNextKey, private_key_pem, kPrivate));
  WD_TRY(write_file_atomically(directory / kCertificate, certificate_pem, kPrivate));
  WD_TRY(write_file_atomically(directory / kKey, private_key_pem, kPrivate));
  std::error_code ignored;
  std::filesystem::remove(directory / kNextKey, ignored);
  return {};
}

}  // namespace warder::agent
