#include "manager/alerts/alert.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/bytes.h"
#include "base/json.h"
#include "crypto/hash.h"

namespace warder::manager {
namespace {

constexpr std::array kStates{AlertState::Open, AlertState::Acknowledged, AlertState::Silenced, AlertState::Resolved};

std::string text_of(const std::vector<std::string>& members) {
  constexpr std::size_t kShown = 10;
  std::string text;
  for (const std::string& each : std::span(members).first(std::min(members.size(), kShown)))
    text.append(text.empty() ? "" : ", ").append(each);
  return members.size() > kShown ? text + " +" + std::to_string(members.size() - kShown) : text;
}

}  // namespace

std::string_view name(AlertState state) noexcept {
  switch (state) {
    case AlertState::Open:
      return "open";
    case AlertState::Acknowledged:
      return "acknowledged";
    case AlertState::Silenced:
      return "silenced";
    case AlertState::Resolved:
      return "resolved";
  }
  return "";
}

Result<AlertState> parse_alert_state(std::string_view text) {
  const auto* const found = std::ranges::find(kStates, text, [](AlertState state) { return name(state); });
  if (found == kStates.end()) return fail(ErrorCode::Invalid, "is none of open, acknowledged, silenced, resolved");
  return *found;
}

std::size_t Alert::level() const noexcept {
  std::size_t highest = 0;
  for (const AlertCall& each : calls) highest = std::max(highest, each.level);
  return highest;
}

std::optional<Timestamp> Alert::escalates() const noexcept {
  std::optional<Timestamp> first;
  for (const AlertCall& each : calls)
    if (each.escalates && (!first || *each.escalates < *first)) first = each.escalates;
  return first;
}

void Alert::end_calls() noexcept {
  for (AlertCall& each : calls) each.escalates.reset();
}

std::string group_to_json(const AlertGroup& group) {
  json::object object;
  for (const auto& [key, value] : group) object[key] = value;
  return canonical_json(object);
}

Result<AlertGroup> group_from_json(std::string_view text) {
  const json::value value = WD_TRY(parse_json(text).in("alert"));
  if (!value.is_object()) return fail(ErrorCode::Corrupt, "alert: group");
  AlertGroup group;
  for (const auto& [key, each] : value.get_object()) {
    if (!each.is_string()) return fail(ErrorCode::Corrupt, "alert: group");
    group[std::string(key)] = each.get_string();
  }
  return group;
}

std::string active_key(std::string_view rule, const AlertGroup& group) {
  return to_hex(crypto::sha256(as_bytes(std::string(rule) + "\n" + group_to_json(group))));
}

std::string fill_text(std::string_view text, const Alert& alert) {
  std::string out;
  while (!text.empty()) {
    const std::size_t open = text.find('{');
    const std::size_t close = open == std::string_view::npos ? open : text.find('}', open);
    if (close == std::string_view::npos) return out + std::string(text);
    const std::string key(text.substr(open + 1, close - open - 1));
    out += text.substr(0, open);
    const auto found = alert.group.find(key);
    if (found != alert.group.end()) {
      out += found->second;
    } else if (key == "value") {
      out += std::to_string(alert.value);
    } else if (key == "left") {
      out += std::to_string(-alert.value);
    } else if (key == "count") {
      out += std::to_string(alert.count);
    } else if (key == "members") {
      out += text_of(alert.members);
    } else {
      out += '?';
    }
    text.remove_prefix(close + 1);
  }
  return out;
}

}  // namespace warder::manager
