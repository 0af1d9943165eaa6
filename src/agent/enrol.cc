#include "agent/enrol.h"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/file.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/pki.h"
#include "protocol/token.h"

namespace warder::agent {
namespace {

Result<std::string> ask(const EnrolRequest& request, const protocol::EnrolClaims& claims, std::string_view url,
                        std::string_view body) {
  DialTarget target;
  target.manager = WD_TRY(parse_manager_url(url));
  target.proxy = request.proxy;
  crypto::TlsClientOptions tls;
  tls.ca_fingerprint = claims.ca_sha256;
  tls.server_name = target.manager.host;
  tls.tls13_only = true;
  target.tls = WD_TRY(crypto::TlsClientContext::create(std::move(tls)));
  auto answer = WD_TRY(post_json(target, "/enrol", body));
  if (answer.status == 200 || answer.status == 201) return std::move(answer.body);
  const ErrorCode code = answer.status == 401 || answer.status == 403 ? ErrorCode::Unauthenticated
                         : answer.status >= 500                       ? ErrorCode::Unavailable
                                                                      : ErrorCode::Invalid;
  const auto problem = parse_json(answer.body);
  std::string reason = "status " + std::to_string(answer.status);
  if (problem && problem->is_object()) {
    for (const char* key : {"detail", "title", "error"}) {
      const auto text = get_string(problem->get_object(), key);
      if (!text) continue;
      reason = std::string(*text);
      break;
    }
  }
  return fail(code, "the manager refused: " + reason);
}

std::string request_body(const EnrolRequest& request, ByteView csr) {
  json::object body;
  body["token"] = trim(request.token);
  body["csr"] = to_base64(csr);
  body["hostname"] = request.hostname;
  body["machine_id"] = request.machine_id;
  return json::serialize(body);
}

}  // namespace

Result<Identity> read_enrol_answer(std::string_view body, const TenantId& tenant, std::vector<std::string> managers,
                                   std::string private_key_pem) {
  const auto parsed = WD_TRY(parse_json(body));
  if (!parsed.is_object()) return fail(ErrorCode::Invalid, "/: not an object");
  const auto& object = parsed.get_object();
  Identity identity;
  identity.agent = WD_TRY(parse_id<AgentId>(WD_TRY(get_string(object, "agent_id"))));
  identity.tenant = tenant;
  identity.managers = std::move(managers);
  identity.private_key_pem = std::move(private_key_pem);
  identity.certificate_pem = WD_TRY(get_string(object, "certificate_pem"));
  identity.ca_pem = WD_TRY(get_string(object, "ca_pem"));
  if (find(object, "maintenance_key") != nullptr) {
    identity.maintenance = WD_TRY(protocol::parse_public_key(WD_TRY(get_string(object, "maintenance_key"))));
  }
  if (find(object, "content_keys") != nullptr) {
    for (const auto& key : *WD_TRY(get_array(object, "content_keys"))) {
      if (!key.is_string()) return fail(ErrorCode::Invalid, "/content_keys: not strings");
      identity.content_keys.push_back(WD_TRY(protocol::parse_public_key(key.get_string())));
    }
  }
  const auto certificate = WD_TRY(crypto::read_certificate(identity.certificate_pem).in("/certificate_pem"));
  const std::string expected = protocol::agent_uri(tenant, identity.agent);
  if (std::ranges::find(certificate.uris, expected) == certificate.uris.end()) {
    return fail(ErrorCode::Invalid, "/certificate_pem: does not name this agent");
  }
  return identity;
}

Result<Identity> enrol(const EnrolRequest& request) {
  const auto claims = WD_TRY(protocol::parse_enrol_token(trim(request.token)));
  if (request.now > claims.expires) {
    return fail(ErrorCode::Unauthenticated, "the token expired at " + to_rfc3339(claims.expires) +
                                                " (this host's clock says " + to_rfc3339(request.now) + ")");
  }
  const auto key = crypto::KeyPair::generate();
  const std::string body = request_body(request, WD_TRY(crypto::make_csr(key)));
  Error last;
  for (const std::string& url : claims.urls) {
    auto answer = ask(request, claims, url, body);
    if (answer)
      return read_enrol_answer(*answer, claims.tenant, claims.urls, key.private_pem).in("the manager's answer");
    last = std::move(answer).error().in(url);
    if (last.code != ErrorCode::Unavailable && last.code != ErrorCode::Timeout) break;  // another would say the same
  }
  return fail(std::move(last));
}

std::string machine_fingerprint(std::string_view machine_id, const AgentId& agent) {
  return to_hex(crypto::hmac_sha256(as_bytes(agent.text()), as_bytes(machine_id)));
}

std::string read_machine_id() {
  const auto text = read_file("/etc/machine-id", 4096);
  return text ? std::string(trim(*text)) : std::string();
}

std::string read_hostname() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string("unknown");
}

}  // namespace warder::agent
