#include "agent/log_event.h"

#include <algorithm>
#include <array>

#include "base/address.h"
#include "base/json.h"
#include "base/text.h"

namespace warder::agent {
namespace {

struct FieldRow {
  std::string_view decoded;
  std::string_view key;
  bool is_integer = false;
  bool is_ip = false;
};
// Decoded fields that have a field of their own in events; the others are kept together in log.fields.
constexpr std::array kFields{
    FieldRow{"srcip", "source.ip", false, true},
    FieldRow{"dstip", "destination.ip", false, true},
    FieldRow{"srcport", "source.port", true, false},
    FieldRow{"dstport", "destination.port", true, false},
    FieldRow{"dstuser", "user.name", false, false},
    FieldRow{"srcuser", "user.login_name", false, false},
    FieldRow{"protocol", "network.protocol", false, false},
};

// What an exception calls the rest of an event.
constexpr std::array kOtherFields{
    FieldRow{"location", "log.source"},
    FieldRow{"program", "log.program"},
    FieldRow{"host", "log.host"},
};

bool set_decoded(Event& event, const loginspection::Field& field) {
  for (const FieldRow& row : kFields) {
    if (row.decoded != field.name) continue;
    if (row.is_ip) {
      const auto ip = parse_ip(field.value);
      if (!ip) return false;
      event.set(row.key, ip->text());
    } else if (row.is_integer) {
      const auto number = parse_integer<std::int64_t>(field.value);
      if (!number) return false;
      event.set(row.key, *number);
    } else {
      set_event_text(event, row.key, field.value);
    }
    return true;
  }
  return false;
}

template <class Texts>
std::string joined(const Texts& texts) {
  std::string all;
  for (const auto& text : texts) all.append(all.empty() ? "" : ",").append(text);
  return all;
}

void describe(Event& event, const loginspection::Finding& finding, const LogRecord& record) {
  set_event_text(event, "log.source", record.location);
  set_event_text(event, "log.host", finding.hostname);
  set_event_text(event, "log.program", finding.program_name);
  set_event_text(event, "log.time", finding.timestamp);
  set_event_text(event, "log.decoder", finding.decoder);
  json::object others;
  for (const loginspection::Field& field : finding.fields) {
    if (field.value.empty() || set_decoded(event, field)) continue;
    others[escape_non_utf8(field.name)] = escape_non_utf8(field.value);
  }
  if (!others.empty()) set_event_text(event, "log.fields", json::serialize(others));
  if (record.is_cut) event.set("truncated", true);
}

}  // namespace

std::string_view decoded_name(std::string_view event_field) noexcept {
  const auto row = std::ranges::find(kFields, event_field, &FieldRow::key);
  if (row != kFields.end()) return row->decoded;
  const auto other = std::ranges::find(kOtherFields, event_field, &FieldRow::key);
  return other == kOtherFields.end() ? event_field : other->decoded;
}

Event make_log_event(const loginspection::Finding& finding, const LogVerdict& verdict, const LogRecord& record) {
  const loginspection::Rule& rule = *finding.rule;
  Event event;
  event.module = ModuleKind::LogInspection;
  event.type = "log-inspection.rule.matched";
  event.severity = severity_of(verdict.level);
  event.rule = std::to_string(rule.id);
  set_event_text(event, "rule.description", finding.description);
  event.set("rule.level", std::int64_t{verdict.level});
  set_event_text(event, "rule.groups", joined(rule.groups));
  set_event_text(event, "rule.attack", joined(rule.mitre));
  event.set("event.forward", verdict.is_forwarded);
  describe(event, finding, record);
  if (rule.is_full_log_kept) set_event_text(event, "log.line", record.text);
  return event;
}

Event make_sigma_event(const loginspection::SigmaRule& rule, const loginspection::Finding& finding,
                       const LogRecord& record, const loginspection::Policy& policy) {
  Event event;
  event.module = ModuleKind::LogInspection;
  event.type = "log-inspection.sigma.matched";
  event.severity = severity_of(rule.level);
  event.rule = rule.id;
  set_event_text(event, "rule.description", rule.title);
  set_event_text(event, "rule.author", rule.author);
  event.set("rule.level", std::int64_t{rule.level});
  set_event_text(event, "rule.groups", joined(rule.tags));
  set_event_text(event, "rule.attack", joined(rule.mitre));
  event.set("event.forward", std::int64_t{rule.level} >= policy.forward_level);
  describe(event, finding, record);
  set_event_text(event, "log.line", record.text);
  return event;
}

Event make_notice_event(const LogNotice& notice) {
  Event event;
  event.module = ModuleKind::LogInspection;
  event.type = notice.type;
  event.severity = notice.type == "log-inspection.source.unreadable" ? Severity::Low : Severity::Medium;
  set_event_text(event, "log.source", notice.source);
  set_event_text(event, "reason", notice.text);
  if (notice.count > 0) event.set("count", static_cast<std::int64_t>(notice.count));
  return event;
}

}  // namespace warder::agent
