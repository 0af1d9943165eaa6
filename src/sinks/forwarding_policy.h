// The policy section "forwarding": the syslog receiver that an agent sends its host's events to by itself, beside what
// it reports to its manager. docs/siem-agent.md is the manual.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/fields.h"
#include "model/policy.h"
#include "sinks/sink.h"
#include "sinks/syslog_sink.h"

namespace warder::sinks {

/// The receiver's settings are those of a destination of kind syslog, but for the own certificate: no private key is
/// ever in a policy.
struct ForwardingPolicy : SyslogSettings {
  bool enabled = false;
  std::string format = "json";
  std::string names = "warder";
  std::string language = "en";
  std::string floor = "info";
  std::vector<std::string> modules;
  std::string client_certificate = "none";
  std::int64_t queue_max_mb = 256;

  friend bool operator==(const ForwardingPolicy&, const ForwardingPolicy&) = default;
  static std::span<const Field<ForwardingPolicy>> fields();
};

/// With check of what the rows cannot say; `check` takes a partial section.
PolicySection forwarding_section();

/// Of a whole section. Invalid, with the pointer of the place, when nothing could be sent with it.
Result<ForwardingPolicy> parse_forwarding(const boost::json::value& section);

/// Whether the receiver is to have this event.
bool is_wanted(const ForwardingPolicy& policy, const Event& event);

/// The own certificate, PEM; empty: none.
struct Credentials {
  std::string certificate_chain;
  std::string private_key;
};
/// `version` is the product's, as the receiver sees it.
Result<std::unique_ptr<Sink>> make_forwarding_sink(const ForwardingPolicy& policy, const Credentials& credentials,
                                                   std::string version);

}  // namespace warder::sinks
