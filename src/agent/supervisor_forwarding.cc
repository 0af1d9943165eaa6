// The supervisor and what it sends to the policy's own receiver: which certificate is shown there, and that events of
// the start are kept for it, too.
#include "agent/enrol.h"
#include "agent/supervisor.h"
#include "base/file.h"

namespace warder::agent {
namespace {

constexpr std::size_t kMaxPemBytes = 256 << 10;

}  // namespace

void Supervisor::prepare_forwarding() {
  if (auto loaded = Messages::load(std::filesystem::path(options_.config.share_directory) / "messages"))
    messages_ = std::move(*loaded);
  else
    log_.warning("agent.messages.unreadable", loaded.error().message);
  forwarding_ = std::make_unique<ForwardingKeeper>(
      ForwarderParts{*spool_, messages_, clock_, log_, identity_->agent, identity_->tenant, read_hostname(),
                     [this](const std::string& which) { return credentials(which); }},
      *reporter_);
}

/// Before the first event: what is told of the start belongs to the receiver as well.
void Supervisor::restore_forwarding() {
  if (!forwarding_) return;
  const auto policy = load_policy(options_.config.policy_file());
  if (!policy || !*policy) return;
  if (const auto sections = read_sections(**policy, {})) forwarding_->use(sections->forwarding);
}

Result<sinks::Credentials> Supervisor::credentials(const std::string& which) const {
  if (which == "agent") {
    const Identity identity = uplink_->identity();
    return sinks::Credentials{identity.certificate_pem, identity.private_key_pem};
  }
  if (which != "host") return sinks::Credentials{};
  const Config& config = options_.config;
  if (config.forwarding_certificate.empty() || config.forwarding_key.empty())
    return fail(ErrorCode::NotFound, "agent.toml names no forwarding_certificate and forwarding_key");
  sinks::Credentials credentials;
  credentials.certificate_chain = WD_TRY(read_file(config.forwarding_certificate, kMaxPemBytes));
  credentials.private_key = WD_TRY(read_file(config.forwarding_key, kMaxPemBytes));
  return credentials;
}

}  // namespace warder::agent
