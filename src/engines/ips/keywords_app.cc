// Events of application parsers, frames, datasets, and the lookup of buffers, numbers and conditions in their tables.
#include <algorithm>

#include "base/text.h"
#include "engines/ips/app/app_flow.h"
#include "engines/ips/keywords.h"
#include "engines/ips/rule_builder.h"

namespace warder::ips {

namespace {

constexpr std::string_view kFlowEvents[] = {
    "applayer_mismatch_protocol_both_directions",
    "applayer_wrong_direction_first_data",
    "applayer_detect_protocol_only_one_direction",
    "applayer_proto_detection_skipped",
    "applayer_no_tls_after_starttls",
    "applayer_unexpected_protocol",
};

Result<void> app_layer_event(RuleBuilder& builder, std::string_view value) {
  const auto* const flow_event = std::ranges::find(kFlowEvents, value);
  if (flow_event != std::end(kFlowEvents)) {
    builder.rule().events.push_back({app::Protocol::Unknown, static_cast<std::uint8_t>(flow_event - kFlowEvents)});
    return {};
  }
  const auto dot = value.find('.');
  const auto protocol = app::find_protocol(value.substr(0, dot));
  if (!protocol || dot == std::string_view::npos) {
    return fail(ErrorCode::Invalid, "app-layer-event: \"" + std::string(value) + "\" is not protocol.event");
  }
  const auto* const parser = app::find_parser(*protocol);
  if (parser == nullptr)
    return fail(ErrorCode::Invalid, "app-layer-event: no parser of " + std::string(value.substr(0, dot)));
  const auto name = value.substr(dot + 1);
  const auto found = std::ranges::find(parser->events, name);
  if (found == parser->events.end()) {
    return fail(ErrorCode::Invalid, "app-layer-event: " + std::string(value.substr(0, dot)) + " has no event \"" +
                                        std::string(name) + "\"");
  }
  builder.rule().events.push_back({*protocol, static_cast<std::uint8_t>(found - parser->events.begin())});
  return builder.bind(*protocol);
}

Result<std::shared_ptr<Dataset>> named_set(RuleBuilder& builder, std::string_view name,
                                           std::span<const std::string_view> settings) {
  constexpr std::size_t kMaxItems = 1'000'000;
  std::optional<DatasetType> type;
  std::vector<std::string_view> files;
  std::string_view value_key;
  std::string_view array_key;
  bool is_json = false;
  bool matches_subdomains = false;
  for (const auto setting : settings) {
    const auto space = setting.find(' ');
    const auto key = setting.substr(0, space);
    const auto value = space == std::string_view::npos ? std::string_view{} : trim(setting.substr(space));
    if (key == "type") {
      type = find_dataset_type(value);
      if (!type) return fail(ErrorCode::Invalid, "dataset has no type \"" + std::string(value) + "\"");
    } else if (key == "load" || key == "state") {
      files.push_back(value);
    } else if (key == "format" && (value == "json" || value == "ndjson" || value == "jsonline" || value == "csv")) {
      is_json = value != "csv";
    } else if (key == "value_key") {
      value_key = value;
    } else if (key == "array_key") {
      array_key = value;
    } else if (key == "match" && value == "subdomain") {
      matches_subdomains = true;
    } else if (key != "save" && key != "memcap" && key != "hashsize" && key != "context_key" && key != "remove_key") {
      return fail(ErrorCode::Invalid, "dataset has no \"" + std::string(key) + "\"");
    }
  }
  if (is_json && value_key.empty()) return fail(ErrorCode::Invalid, "dataset: JSON needs a value_key");
  auto set = WD_TRY(builder.context().datasets.get(name, type, kMaxItems));
  if (matches_subdomains) set->match_subdomains();
  for (const auto file : files) {
    if (set->size() > 0) break;  // an earlier rule has loaded it
    auto text = builder.context().read_file ? builder.context().read_file(file)
                                            : fail(ErrorCode::NotFound, "files cannot be read here");
    if (!text) return fail(std::move(text).error());
    if (auto loaded = is_json ? set->load_json(*text, array_key, value_key) : set->load(*text); !loaded)
      return fail(std::move(loaded).error());
  }
  return set;
}

Result<void> dataset(RuleBuilder& builder, std::string_view value) {
  const auto parts = split_arguments(value);
  if (parts.size() < 2) return fail(ErrorCode::Invalid, "dataset needs a command and a name");
  if (builder.current_part() == nullptr && !builder.is_in_buffer()) {
    return fail(ErrorCode::Invalid, "dataset without a buffer");
  }
  DatasetTest made;
  if (parts[0] == "isset") {
    made.command = DatasetTest::Command::IsSet;
  } else if (parts[0] == "isnotset") {
    made.command = DatasetTest::Command::IsNotSet;
  } else if (parts[0] == "set") {
    made.command = DatasetTest::Command::Set;
  } else if (parts[0] == "unset") {
    made.command = DatasetTest::Command::Unset;
  } else {
    return fail(ErrorCode::Invalid, "dataset has no command \"" + std::string(parts[0]) + "\"");
  }
  made.dataset = WD_TRY(named_set(builder, parts[1], std::span(parts).subspan(2)).in("dataset"));
  builder.add({std::move(made), false});
  return {};
}

Result<void> datarep(RuleBuilder& builder, std::string_view value) {
  const auto parts = split_arguments(value);
  if (parts.size() < 3) return fail(ErrorCode::Invalid, "datarep needs a name, an operator and a value");
  DatasetTest made;
  made.command = DatasetTest::Command::Reputation;
  made.reputation = WD_TRY(Comparison::parse(std::string(parts[1]) + std::string(parts[2])).in("datarep"));
  made.dataset = WD_TRY(named_set(builder, parts[0], std::span(parts).subspan(3)).in("datarep"));
  builder.add({std::move(made), false});
  return {};
}

Result<void> frame(RuleBuilder& builder, std::string_view value) {
  const auto* const found = app::find_frame(value, builder.rule().protocol.protocols);
  if (found != nullptr) return builder.select_frame(*found);
  return fail(ErrorCode::Invalid, "frame: \"" + std::string(value) + "\" is not known");
}

constexpr KeywordRow kRows[] = {
    {"app-layer-event", app_layer_event, "an anomaly that an application parser noticed"},
    {"frame", frame, "a frame of an application protocol"},
    {"dataset", dataset, "look the buffer up in a set, or change the set"},
    {"datarep", datarep, "reputation of the buffer in a set"},
};

}  // namespace

std::span<const KeywordRow> app_keywords() noexcept {
  return kRows;
}

}  // namespace warder::ips
