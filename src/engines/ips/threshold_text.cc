#include "engines/ips/threshold_text.h"

#include "base/text.h"
#include "engines/ips/rule_text.h"
#include "engines/ips/variables.h"

namespace warder::ips {

namespace {

std::optional<Threshold::Kind> find_kind(std::string_view name) {
  if (name == "limit") return Threshold::Kind::Limit;
  if (name == "threshold") return Threshold::Kind::Threshold;
  if (name == "both") return Threshold::Kind::Both;
  if (name == "backoff") return Threshold::Kind::Backoff;
  if (name == "detection") return Threshold::Kind::Detection;
  if (name == "rate") return Threshold::Kind::Rate;
  if (name == "suppress") return Threshold::Kind::Suppress;
  return std::nullopt;
}

std::optional<Threshold::Track> find_track(std::string_view name) {
  if (name == "by_src") return Threshold::Track::Source;
  if (name == "by_dst") return Threshold::Track::Destination;
  if (name == "by_both" || name == "by_either") return Threshold::Track::Both;
  if (name == "by_rule") return Threshold::Track::Rule;
  if (name == "by_flow") return Threshold::Track::Flow;
  return std::nullopt;
}

std::optional<Action> find_action(std::string_view name) {
  if (name == "alert") return Action::Alert;
  if (name == "drop") return Action::Drop;
  if (name == "reject") return Action::Reject;
  if (name == "pass") return Action::Pass;
  return std::nullopt;
}

Result<void> set(Threshold& threshold, std::string_view name, std::string_view value) {
  const auto bad = [&] {
    return fail(ErrorCode::Invalid, "\"" + std::string(value) + "\" is no value of " + std::string(name));
  };
  if (name == "type") {
    const auto kind = find_kind(value);
    if (!kind) return bad();
    threshold.kind = *kind;
  } else if (name == "track") {
    const auto track = find_track(value);
    if (!track) return bad();
    threshold.track = *track;
  } else if (name == "new_action") {
    const auto action = find_action(value);
    if (!action) return bad();
    threshold.new_action = *action;
  } else if (name == "count" || name == "seconds" || name == "timeout" || name == "multiplier") {
    const auto number = parse_integer<std::uint32_t>(value);
    if (!number) return bad();
    (name == "count"     ? threshold.count
     : name == "seconds" ? threshold.seconds
     : name == "timeout" ? threshold.timeout
                         : threshold.multiplier) = *number;
  } else {
    return fail(ErrorCode::Invalid, "no such setting: \"" + std::string(name) + "\"");
  }
  return {};
}

struct Pair {
  std::string_view name;
  std::string_view value;
};
Pair split_pair(std::string_view part) {
  const auto space = part.find_first_of(" \t");
  return {part.substr(0, space), space == std::string_view::npos ? std::string_view{} : trim(part.substr(space))};
}

Result<ThresholdLine> parse_line(std::string_view line, const Variables& variables) {
  ThresholdLine made;
  const auto [command, rest] = split_pair(line);
  if (command == "suppress") {
    made.threshold.kind = Threshold::Kind::Suppress;
  } else if (command == "rate_filter") {
    made.threshold.kind = Threshold::Kind::Rate;
  } else if (command != "threshold" && command != "event_filter") {
    return fail(ErrorCode::Invalid, "\"" + std::string(command) + "\" is not threshold, suppress or rate_filter");
  }
  auto text = rest;
  std::string addresses;
  if (const auto ip = text.find("ip "); ip != std::string_view::npos && command == "suppress") {
    addresses = trim(text.substr(ip + 3));
    text = trim(text.substr(0, ip));
    if (text.ends_with(',')) text.remove_suffix(1);
  }
  for (const auto part : split_arguments(text)) {
    const auto [name, value] = split_pair(part);
    const auto number = parse_integer<std::uint32_t>(value);
    if ((name == "gen_id" || name == "sig_id") && number) {
      (name == "gen_id" ? made.gid : made.sid) = *number;
    } else if (auto done = set(made.threshold, name, value); !done) {
      return fail(std::move(done).error());
    }
  }
  if (!addresses.empty()) made.threshold.addresses = WD_TRY(variables.addresses(addresses));
  return made;
}

}  // namespace

Result<Threshold> parse_threshold(std::string_view text) {
  Threshold threshold;
  for (const auto part : split_arguments(text)) {
    if (part.empty()) continue;
    const auto [name, value] = split_pair(part);
    if (auto done = set(threshold, name, value); !done) return fail(std::move(done).error());
  }
  if (threshold.count == 0) return fail(ErrorCode::Invalid, "count: 0 is not in 1..4294967295");
  return threshold;
}

Result<std::vector<ThresholdLine>> parse_threshold_file(std::string_view text, const Variables& variables) {
  std::vector<ThresholdLine> lines;
  for (const auto& line : rule_lines(text)) {
    lines.push_back(WD_TRY(parse_line(line.text, variables).in("line " + std::to_string(line.line))));
  }
  return lines;
}

}  // namespace warder::ips
