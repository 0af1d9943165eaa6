#include "sinks/forwarding_policy.h"

#include <algorithm>

#include "base/json.h"
#include "crypto/tls.h"
#include "sinks/delivery.h"

namespace warder::sinks {
namespace {

using P = ForwardingPolicy;

constexpr std::string_view kOwnCertificate = "certificate_pem";  // where a policy says client_certificate instead

Field<P> inherited(const Field<SyslogSettings>& row) {
  const auto member = std::visit([](auto of_base) -> Field<P>::Member { return of_base; }, row.member);
  const std::int64_t min = row.key == "host" ? 0 : row.min;  // what is off names none
  return {row.key, member, min, row.max, row.personal_data, row.doc, row.choices};
}

std::vector<Field<P>> make_fields() {
  using enum PersonalData;
  std::vector<Field<P>> rows{
      {"enabled", &P::enabled, 0, 1, None, "The agent sends its events to a syslog receiver by itself."}};
  for (const Field<SyslogSettings>& row : SyslogSettings::fields())
    if (row.key != kOwnCertificate) rows.push_back(inherited(row));
  rows.insert(
      rows.end(),
      {{"client_certificate", &P::client_certificate, 4, 5, None,
        "Own certificate: none, the one that the agent shows to its manager, or the host's, from agent.toml.",
        "none|agent|host"},
       {"format", &P::format, 3, 4, None, "The form of events.", "cef|leef|ocsf|json"},
       {"names", &P::names, 6, 13, None, "Whose names keys have in CEF and LEEF.", "warder|deep-security"},
       {"language", &P::language, 2, 2, None, "Language of titles.", "en|ja"},
       {"floor", &P::floor, 3, 8, None, "The least severity that is sent.", "info|low|medium|high|critical"},
       {"modules", &P::modules, 0, 6, None, "Whose events are sent; empty: those of all modules and the agent's own.",
        "agent|anti-malware|firewall|ips|integrity|log-inspection"},
       {"queue_max_mb", &P::queue_max_mb, 1, 16'384, None,
        "Disk space for events that wait for the receiver. When it is full, the least severe oldest are dropped and an "
        "event says how many."}});
  return rows;
}

Result<void> check_authorities(const std::string& ca_pem) {
  if (ca_pem.empty()) return {};
  crypto::TlsClientOptions tls;
  tls.ca_pem = ca_pem;
  tls.server_name = "localhost";
  WD_TRY(crypto::TlsClientContext::create(std::move(tls)).in("/ca_pem"));
  return {};
}

}  // namespace

std::span<const Field<P>> P::fields() {
  static const std::vector<Field<P>> kRows = make_fields();
  return kRows;
}

PolicySection forwarding_section() {
  PolicySection section = policy_section<P>(
      "forwarding", "Forwarding: the syslog receiver that agents send their events to, beside their manager.");
  section.check = [](const boost::json::value& value) -> Result<void> {
    return check_authorities(WD_TRY(parse_json_as<P>(value)).ca_pem);
  };
  return section;
}

Result<ForwardingPolicy> parse_forwarding(const boost::json::value& section) {
  auto policy = WD_TRY(parse_json_as<P>(section));
  if (!policy.enabled) return policy;
  if (policy.host.empty()) return fail(ErrorCode::Invalid, "/host: is missing");
  if (policy.client_certificate != "none" && policy.transport != "tls")
    return fail(ErrorCode::Invalid, "/client_certificate: is for TLS only");
  WD_TRY(check_authorities(policy.ca_pem));
  return policy;
}

bool is_wanted(const ForwardingPolicy& policy, const Event& event) {
  const auto floor = parse_severity(policy.floor);
  if (!policy.enabled || !floor || event.severity < *floor || !may_leave(event)) return false;
  return policy.modules.empty() || std::ranges::find(policy.modules, name(event.module)) != policy.modules.end();
}

Result<std::unique_ptr<Sink>> make_forwarding_sink(const ForwardingPolicy& policy, const Credentials& credentials,
                                                   std::string version) {
  SyslogSettings settings = policy;
  settings.certificate_pem = credentials.certificate_chain;
  SinkOptions options;
  options.settings = to_json(bind_fields(settings));
  options.secret = credentials.private_key;
  options.format = WD_TRY(formats::parse_format(policy.format));
  options.render.names = policy.names == "deep-security" ? formats::Names::DeepSecurity : formats::Names::Warder;
  options.render.version = std::move(version);
  return make_syslog_sink(std::move(options));
}

}  // namespace warder::sinks
