// Keys, actions and signature ids as parsers for Deep Security expect them: vendor's documentation of its syslog
// message formats (CEF and LEEF), and the id ranges by which those parsers tell modules apart.
#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/text.h"
#include "formats/attribute_list.h"

namespace warder::formats {
namespace {

constexpr std::uint32_t kPerModule = 1'000'000;

// FNV-1a: the same number for the same rule, everywhere and always.
std::uint32_t number_of(std::string_view text) {
  std::uint32_t hash = 2166136261U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

bool starts_with(const Event& event, std::string_view prefix) {
  return std::string_view(event.type).starts_with(prefix);
}

bool is_of_a_module(const Event& event) {
  using namespace std::string_view_literals;
  static constexpr std::array kPrefixes{"firewall.packet."sv,       "firewall.recon.detected"sv, "ips.rule.blocked"sv,
                                        "ips.rule.matched"sv,       "integrity.file."sv,         "integrity.entity."sv,
                                        "log-inspection.rule."sv,   "log-inspection.sigma."sv,   "anti-malware.file."sv,
                                        "anti-malware.ransomware"sv};
  return std::ranges::any_of(kPrefixes, [&event](std::string_view prefix) { return starts_with(event, prefix); });
}

/// Within the million of its module: a rule that is a number keeps it.
std::uint32_t rule_number(const Event& event) {
  if (const auto number = parse_integer<std::uint32_t>(event.rule); number && *number < kPerModule) return *number;
  return event.rule.empty() ? 0 : number_of(event.rule) % kPerModule;
}

std::uint32_t signature_of(const Event& event) {
  if (!is_of_a_module(event)) return 10'000 + number_of(event.type) % 90'000;
  switch (event.module) {
    case ModuleKind::Firewall:
      if (starts_with(event, "firewall.packet.logged")) return 20;
      if (starts_with(event, "firewall.recon")) return 100;
      return starts_with(event, "firewall.packet.denied") || starts_with(event, "firewall.packet.would-deny") ? 21
                                                                                                              : 101;
    case ModuleKind::Ips:
      return kPerModule + rule_number(event);
    case ModuleKind::Integrity:
      return event.rule.empty() ? 30 : 2 * kPerModule + rule_number(event);
    case ModuleKind::LogInspection:
      return event.rule.empty() ? 40 : 3 * kPerModule + rule_number(event);
    case ModuleKind::AntiMalware:
      return 4 * kPerModule + (starts_with(event, "anti-malware.ransomware") ? 30 : 0);
    case ModuleKind::Agent:
    case ModuleKind::Manager:
      break;
  }
  return 10'000 + number_of(event.type) % 90'000;
}

int severity_of(Severity severity) {
  switch (severity) {
    case Severity::Info:
    case Severity::Low:
      return 3;
    case Severity::Medium:
      return 6;
    case Severity::High:
      return 8;
    case Severity::Critical:
      return 10;
  }
  return 0;
}

std::string tap(bool is_detection, std::string action) {
  return is_detection ? "IDS:" + action : action;
}

std::string packet_action(const Event& event) {
  const bool is_firewall = event.module == ModuleKind::Firewall;
  const EventValue* would = event.find("rule.would_block");
  const bool is_detection =
      event.type.find(".would-") != std::string::npos || (would != nullptr && *would == EventValue(true));
  if (is_detection) return tap(true, is_firewall ? "Deny" : "Reset");
  if (event.action == Action::Blocked) return is_firewall ? "Deny" : "Reset";
  return "Log";
}

std::string malware_action(Action action) {
  switch (action) {
    case Action::Quarantined:
      return "Quarantine";
    case Action::Blocked:
      return "DenyAccess";
    case Action::Killed:
      return "Terminate";
    case Action::Repaired:
      return "Clean";
    case Action::Logged:
    case Action::Allowed:
    case Action::Failed:
      return "Pass";
  }
  return "Pass";
}

std::string upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

void add_packet(AttributeList& list, const Event& event) {
  list.add("act", packet_action(event));
  list.add_field("source.mac", "smac");
  list.add("TrendMicroDsFrameType", "IP");
  list.add_field("source.ip", "src");
  list.add_field("destination.ip", "dst");
  list.add_field("network.bytes", list.text("network.direction") == "outbound" ? "out" : "in");
  list.add("proto", upper(list.text("network.protocol")));
  list.add_field("source.port", "spt");
  list.add_field("destination.port", "dpt");
  list.add_custom_field("network.tcp_flags", "cs2", "TCP Flags");
  list.add_custom_field("network.icmp", "cs4", "ICMP Type and Code");
  list.add_field("count", "cnt");
  if (list.text("count").empty()) list.add("cnt", "1");
  const auto packet = from_hex(list.text("packet.data"));
  if (packet) list.add("TrendMicroDsPacketData", to_base64(*packet));
  if (event.module == ModuleKind::Ips)
    list.add_custom("cs1", "Intrusion Prevention Note", list.text("rule.description"));
}

void add_malware(AttributeList& list, const Event& event) {
  list.add_custom_field("file.size", "cn2", "Quarantine File Size");
  list.add_custom_field("container.id", "cs6", "Container");
  list.add_field("file.path", "filePath");
  list.add("act", malware_action(event.action));
  list.add("result", event.action == Action::Failed ? "Failed" : "Passed");
  list.add("msg", list.text("malware.occasion") == "scan" ? "Manual" : "Realtime");
  list.add("TrendMicroDsMalwareTarget", "N/A");
  list.add("TrendMicroDsMalwareTargetType", "N/A");
  list.add("TrendMicroDsFileSHA256", upper(list.text("file.hash.sha256")));
  list.add_field("process.executable", "sproc");
  list.add_field("user.name", "suser");
}

void add_change(AttributeList& list, const Event& event) {
  const std::string verb = event.type.substr(event.type.rfind('.') + 1);
  list.add("act", verb == "attributes" ? "updated" : verb);
  list.add_field(list.text("file.path").empty() ? "entity.key" : "file.path", "filePath");
  list.add_field("file.path.was", "oldFilePath");
  list.add_field("user.name", "suser");
  list.add_field("process.executable", "sproc");
  list.add_field("change.attributes", "msg");
}

void add_log(AttributeList& list) {
  list.add_custom_field("rule.description", "cs1", "LI Description");
  list.add_field("log.source", "fname");
  list.add_field("source.ip", "src");
  list.add_field("user.name", "duser");
  list.add_field("log.host", "shost");
  list.add_field("log.line", "msg");
}

void add_system(AttributeList& list, const OutgoingEvent& event) {
  list.add_field("source.ip", "src");
  list.add_field("user.name", "suser");
  list.add("target", event.host);
  list.add("msg", event.title);
}

}  // namespace

std::uint32_t deep_security_number(std::string_view id) {
  return number_of(id) >> 1U;
}

Heading deep_security_heading(const OutgoingEvent& event) {
  const Event& inner = event.event;
  const Heading own = warder_heading(event);
  const bool is_module = is_of_a_module(inner);
  const bool is_quiet = inner.module == ModuleKind::Firewall && inner.action != Action::Blocked;
  return {"Trend Micro", is_module ? "Deep Security Agent" : "Deep Security Manager",
          std::to_string(signature_of(inner)), own.title, is_module && is_quiet ? 0 : severity_of(inner.severity)};
}

void add_deep_security_attributes(AttributeList& list, const OutgoingEvent& event) {
  const Event& inner = event.event;
  if (event.agent) list.add_custom("cn1", "Host ID", std::to_string(deep_security_number(event.agent->text())));
  list.add("dvchost", event.host);
  list.add("TrendMicroDsTenant", event.tenant_name);
  list.add("TrendMicroDsTenantId", std::to_string(deep_security_number(event.tenant.text())));
  list.add("externalId", inner.id.text());
  list.add("rt", std::to_string(to_micros(inner.time) / 1000));
  list.add(own_key("type"), inner.type);
  list.add(own_key("rule"), inner.rule);
  if (!is_of_a_module(inner)) return add_system(list, event);
  switch (inner.module) {
    case ModuleKind::Firewall:
    case ModuleKind::Ips:
      return add_packet(list, inner);
    case ModuleKind::AntiMalware:
      return add_malware(list, inner);
    case ModuleKind::Integrity:
      return add_change(list, inner);
    case ModuleKind::LogInspection:
      return add_log(list);
    case ModuleKind::Agent:
    case ModuleKind::Manager:
      return add_system(list, event);
  }
}

}  // namespace warder::formats
