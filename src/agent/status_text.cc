#include "agent/status_text.h"

#include <algorithm>

#include "base/json.h"

namespace warder::agent {
namespace {

constexpr std::size_t kColumn = 22;  // beyond the longest name of a module

std::string text_of(const json::object& object, std::string_view key) {
  const auto* value = find(object, key);
  if (value == nullptr || value->is_null()) return {};
  return value->is_string() ? std::string(value->get_string()) : json::serialize(*value);
}

const json::object& part(const json::object& object, std::string_view key) {
  static const json::object none;
  const auto found = get_object(object, key);
  return found ? **found : none;
}

std::string line(std::string_view label, const std::string& text) {
  std::string out(label);
  out.resize(std::max(label.size() + 1, kColumn), ' ');
  return out + text + "\n";
}

std::string with_reason(const json::object& object) {
  const auto reason = text_of(object, "reason");
  return text_of(object, "state") + (reason.empty() ? "" : " (" + reason + ")");
}

std::string uplink_lines(const json::object& uplink) {
  std::string out = line("manager", text_of(uplink, "state") + "  " + text_of(uplink, "manager"));
  const auto offset = get_int(uplink, "clock_offset_ms").value_or(0);
  if (offset > 300'000 || offset < -300'000) {
    out += line("", "the clock of this host is " + std::to_string(-offset / 1000) + " s ahead of the manager's");
  }
  if (text_of(uplink, "state") != "connected") out += line("", text_of(uplink, "last_error"));
  return out + line("certificate", "until " + text_of(uplink, "certificate_expires"));
}

std::string forwarding_lines(const json::object& forwarding) {
  if (text_of(forwarding, "destination").empty()) return {};
  std::string out =
      line("forwarding", with_reason(forwarding) + "  " + text_of(forwarding, "destination") + ", " +
                             text_of(forwarding, "waiting") + " wait, " + text_of(forwarding, "lost") + " lost");
  const auto error = text_of(forwarding, "error");
  return error.empty() ? out : out + line("", error);
}

}  // namespace

std::string status_text(const json::object& status) {
  const bool is_enrolled = get_bool(status, "enrolled").value_or(false);
  std::string out = line("agent", text_of(status, "version") + "  " + text_of(status, "state"));
  out += line("identity", is_enrolled ? text_of(status, "agent") : "not enrolled");
  if (is_enrolled) out += uplink_lines(part(status, "uplink"));
  const auto& spool = part(status, "spool");
  out += line("events", text_of(spool, "events") + " wait, " + text_of(spool, "lost") + " lost; " + with_reason(spool));
  out += forwarding_lines(part(status, "forwarding"));
  const auto& policy = part(status, "policy");
  out += line("policy", text_of(policy, "digest").empty() ? "none yet" : text_of(policy, "name"));
  const auto modules = get_array(status, "modules");
  if (!modules) return out;
  for (const auto& module : **modules) {
    if (module.is_object()) out += line(text_of(module.get_object(), "module"), with_reason(module.get_object()));
  }
  return out;
}

std::string self_test_text(const json::object& result) {
  const auto checks = get_array(part(result, "output"), "checks");
  if (!checks) return text_of(result, get_bool(result, "succeeded").value_or(false) ? "output" : "error") + "\n";
  std::string out;
  for (const auto& check : **checks) {
    if (!check.is_object()) continue;
    const auto& row = check.get_object();
    const bool is_good = get_bool(row, "succeeded").value_or(false);
    out += line(text_of(row, "check"), (is_good ? "ok      " : "FAILED  ") + text_of(row, "detail"));
  }
  return out;
}

}  // namespace warder::agent
