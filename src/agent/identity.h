// Who this agent is: its key, its certificate and the manager it belongs to. Made by enrolment, kept in the identity
// directory (mode 0700, files 0600).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "crypto/sign.h"
#include "model/ids.h"

namespace warder::agent {

struct Identity {
  AgentId agent;
  TenantId tenant;
  std::vector<std::string> managers;  // "https://host:8444"
  std::string private_key_pem;
  std::string certificate_pem;                   // chain, leaf first
  std::string ca_pem;                            // trusted for the manager, and nothing else
  std::optional<crypto::PublicKey> maintenance;  // verifies maintenance tokens
  std::vector<crypto::PublicKey> content_keys;   // verify content packs
};

/// When the certificate ends, and when it is to be renewed (two thirds of its life).
struct CertificateLife {
  Timestamp expires;
  Timestamp renew_from;
};
Result<CertificateLife> certificate_life(const Identity& identity);

/// NotFound: not enrolled. Corrupt when the files do not fit together.
Result<Identity> load_identity(const std::filesystem::path& directory);
/// The certificate comes last: an identity without one is none.
Result<void> save_identity(const std::filesystem::path& directory, const Identity& identity);
/// Key and certificate of one renewal, put into place together: a crash leaves the old or the new pair.
Result<void> save_renewal(const std::filesystem::path& directory, std::string_view private_key_pem,
                          std::string_view certificate_pem);

}  // namespace warder::agent
