// Names: vendor's documentation "Events in JSON format".
#include "formats/deep_security_json.h"

#include <boost/json.hpp>

#include "base/json.h"
#include "base/text.h"
#include "formats/attribute_list.h"

namespace warder::formats {
namespace {

class Object {
 public:
  Object(const OutgoingEvent& event, const RenderOptions& options) : event_(event.event), options_(options) {}

  void text(std::string_view key, std::string_view value) {
    if (value.empty()) return;
    const std::string valid = is_utf8(value) ? std::string(value) : escape_non_utf8(value);
    object_[key] = json::string(cut_utf8(valid, options_.max_value_bytes));
  }
  void field(std::string_view key, std::string_view name) {
    const EventValue* const value = event_.find(name);
    if (value == nullptr) return;
    if (const auto* const words = std::get_if<std::string>(value)) return text(key, *words);
    object_[key] = std::visit([](const auto& plain) { return json::value(plain); }, *value);
  }
  void number(std::string_view key, std::int64_t value) { object_[key] = value; }
  /// A number and its word, as `Action` and `ActionString`.
  void pair(const std::string& key, std::int64_t value, std::string_view word) {
    number(key, value);
    text(key + "String", word);
  }
  [[nodiscard]] std::string word(std::string_view name) const {
    const EventValue* const value = event_.find(name);
    const auto* const words = value == nullptr ? nullptr : std::get_if<std::string>(value);
    return words == nullptr ? "" : *words;
  }
  [[nodiscard]] std::string take() { return json::serialize(object_); }

 private:
  const Event& event_;
  const RenderOptions& options_;
  json::object object_;
};

std::string_view event_type(ModuleKind module) {
  switch (module) {
    case ModuleKind::AntiMalware:
      return "AntiMalwareEvent";
    case ModuleKind::Firewall:
      return "PacketLog";
    case ModuleKind::Ips:
      return "PayloadLog";
    case ModuleKind::Integrity:
      return "IntegrityEvent";
    case ModuleKind::LogInspection:
      return "LogInspectionEvent";
    case ModuleKind::Agent:
    case ModuleKind::Manager:
      break;
  }
  return "SystemEvent";
}

std::int64_t protocol_number(std::string_view protocol) {
  if (protocol == "icmp") return 1;
  if (protocol == "tcp") return 6;
  if (protocol == "udp") return 17;
  return 0;
}

void add_packet(Object& object, const Event& event) {
  constexpr std::int64_t kDeny = 1;
  constexpr std::int64_t kLogOnly = 6;
  const bool is_blocked = event.action == Action::Blocked;
  object.pair("Action", is_blocked ? kDeny : kLogOnly, is_blocked ? "Deny" : "Log Only");
  for (const auto& [key, field] : {std::pair{"SourceIP", "source.ip"},
                                   {"SourceMAC", "source.mac"},
                                   {"SourcePort", "source.port"},
                                   {"DestinationIP", "destination.ip"},
                                   {"DestinationPort", "destination.port"},
                                   {"Interface", "network.interface"},
                                   {"PacketSize", "network.bytes"},
                                   {"Flags", "network.tcp_flags"},
                                   {"RepeatCount", "count"}})
    object.field(key, field);
  const std::string protocol = object.word("network.protocol");
  object.pair("Protocol", protocol_number(protocol), protocol);
  const bool is_outbound = object.word("network.direction") == "outbound";
  object.pair("Direction", is_outbound ? 1 : 0, is_outbound ? "Outgoing" : "Incoming");
}

void add_change(Object& object, const Event& event) {
  const std::string verb = event.type.substr(event.type.rfind('.') + 1);
  const bool is_created = verb == "created";
  const bool is_deleted = verb == "deleted";
  object.pair("Change",
              is_created   ? 1
              : is_deleted ? 3
                           : 2,
              is_created   ? "Created"
              : is_deleted ? "Deleted"
                           : "Updated");
  object.text("EntityType", object.word("file.path").empty() ? "Entity" : "File");
  object.field("Key", object.word("file.path").empty() ? "entity.key" : "file.path");
  object.field("User", "user.name");
  object.field("Process", "process.executable");
}

void add_module(Object& object, const Event& event) {
  switch (event.module) {
    case ModuleKind::Firewall:
    case ModuleKind::Ips:
      return add_packet(object, event);
    case ModuleKind::Integrity:
      return add_change(object, event);
    case ModuleKind::AntiMalware:
      object.field("InfectedFilePath", "file.path");
      object.field("MalwareName", "malware.signature");
      object.field("FileSHA256", "file.hash.sha256");
      object.text("ScanResultString", name(event.action));
      return;
    case ModuleKind::LogInspection:
      object.field("OSSEC_FullLog", "log.line");
      object.field("OSSEC_Location", "log.source");
      object.field("OSSEC_Description", "rule.description");
      object.text("OSSEC_ID", event.rule);
      return;
    case ModuleKind::Agent:
    case ModuleKind::Manager:
      return;
  }
}

}  // namespace

std::string render_deep_security_json(const OutgoingEvent& event, const RenderOptions& options) {
  const Event& inner = event.event;
  Object object(event, options);
  object.text("EventType", event_type(inner.module));
  object.text("UniqueID", inner.id.text());
  object.text("LogDate", to_rfc3339(inner.time));
  object.number("EventID", parse_integer<std::int64_t>(heading_of(event, Names::DeepSecurity).signature).value_or(0));
  if (event.agent) object.number("HostID", deep_security_number(event.agent->text()));
  object.text("Hostname", event.host);
  object.number("TenantID", deep_security_number(event.tenant.text()));
  object.text("TenantName", event.tenant_name);
  object.pair("Origin", event.agent ? 0 : 3, event.agent ? "Agent" : "Manager");
  object.pair("Severity", static_cast<std::int64_t>(inner.severity), name(inner.severity));
  object.text("Title", event.title);
  object.text("Reason", inner.rule);
  object.text("WarderType", inner.type);
  object.text("WarderAction", name(inner.action));
  add_module(object, inner);
  return object.take();
}

}  // namespace warder::formats
