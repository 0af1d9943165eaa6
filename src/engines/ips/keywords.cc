#include "engines/ips/keywords.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "base/text.h"
#include "engines/ips/packet_numbers.h"
#include "engines/ips/rule_builder.h"

namespace warder::ips {

namespace {

// Buffers that old rules name after the content: these words move the last content instead of beginning a buffer.
constexpr std::string_view kModifierBuffers[] = {
    "http_uri",      "http_raw_uri",    "http_method",   "http_client_body", "http_server_body",
    "http_header",   "http_raw_header", "http_cookie",   "http_user_agent",  "http_host",
    "http_raw_host", "http_stat_code",  "http_stat_msg",
};

std::array<std::span<const KeywordRow>, 8> families() {
  return {meta_keywords(), content_keywords(), byte_keywords(),      packet_keywords(),
          flow_keywords(), app_keywords(),     threshold_keywords(), file_keywords()};
}

/// By name, made once: rule sets have hundreds of thousands of options.
const KeywordRow* find_keyword(std::string_view name) {
  static const auto kIndex = [] {
    std::unordered_map<std::string_view, const KeywordRow*> index;
    for (const auto family : families()) {
      for (const auto& row : family) index.emplace(row.name, &row);
    }
    return index;
  }();
  const auto found = kIndex.find(name);
  return found == kIndex.end() ? nullptr : found->second;
}

const KeywordRow* find_snort_keyword(std::string_view name) {
  const auto rows = snort_keywords();
  const auto found = std::ranges::find(rows, name, &KeywordRow::name);
  return found == rows.end() ? nullptr : &*found;
}

Result<void> parse_buffer(RuleBuilder& builder, app::BufferId id, std::string_view name, std::string_view value) {
  const auto side = find_direction(value);
  if (side) return builder.select(Place::Application, id, side);
  if (std::ranges::find(kModifierBuffers, name) != std::end(kModifierBuffers)) return builder.move_last_content(id);
  return builder.select(Place::Application, id);
}

Result<void> parse_packet_number(RuleBuilder& builder, const PacketNumberRow& row, std::string_view value) {
  auto text = value;
  if (text.starts_with(':')) text.remove_prefix(1);
  if (const auto comma = text.find(','); comma != std::string_view::npos) {
    // flow.pkts:toclient,=10
    const auto side = trim(text.substr(0, comma));
    const auto* const sided =
        find_packet_number(std::string(row.keyword) + (side == "toserver" ? "_toserver" : "_toclient"));
    if ((side == "toserver" || side == "toclient") && sided != nullptr) {
      return parse_packet_number(builder, *sided, trim(text.substr(comma + 1)));
    }
    if (side == "either" || side == "both") text = trim(text.substr(comma + 1));
  }
  auto comparison = WD_TRY(Comparison::parse(text, row.ends).in(row.keyword));
  if (row.needs_packet) builder.need_packet();
  builder.add_test(make_packet_number(row, std::move(comparison)));
  return {};
}

Result<void> parse_number_keyword(RuleBuilder& builder, const app::NumberRow& row, std::string_view value) {
  auto id = row.id;
  if (id == app::NumberId::HttpUriLength) {
    const auto parts = split_arguments(value);
    if (parts.size() > 1 && parts[1] == "raw") id = app::NumberId::HttpRawUriLength;
    value = parts[0];
  }
  const bool is_flags =
      id == app::NumberId::MqttFlags || id == app::NumberId::MqttConnectFlags || id == app::NumberId::WebsocketFlags;
  const bool has_name = value.find_first_of("abcdefghijklmnopqrstuvwxyz") != std::string_view::npos;
  if (is_flags && has_name && value.find("0x") == std::string_view::npos) {
    builder.rule().numbers.push_back({id, WD_TRY(Comparison::parse_flags(value, row.values).in(row.keywords[0]))});
    builder.bind(row.sides);
    return builder.bind(row.protocol);
  }
  if (id == app::NumberId::MqttType) value = split_arguments(value)[0];  // a transaction is one packet
  builder.rule().numbers.push_back(
      {id, WD_TRY(Comparison::parse(value, Comparison::Ends::Exclusive, row.values).in(row.keywords[0]))});
  builder.bind(row.sides);
  return builder.bind(row.protocol);
}

Result<void> parse_condition(RuleBuilder& builder, const app::ConditionRow& row, std::string_view value) {
  builder.rule().conditions.push_back(WD_TRY(row.parse(value).in(row.keyword)));
  if (row.direction)
    builder.bind(*row.direction == app::Direction::ToServer ? app::Sides::ToServer : app::Sides::ToClient);
  return builder.bind(row.protocol);
}

}  // namespace

std::optional<app::Direction> find_direction(std::string_view word) noexcept {
  if (word == "to_server" || word == "toserver") return app::Direction::ToServer;
  if (word == "to_client" || word == "toclient") return app::Direction::ToClient;
  return std::nullopt;
}

Result<void> parse_keyword(RuleBuilder& builder, std::string_view name, std::string_view value) {
  if (builder.dialect() == Dialect::Snort3) {
    if (const auto* row = find_snort_keyword(name)) return row->parse(builder, value);
  }
  if (const auto* row = find_keyword(name)) return row->parse(builder, value);
  if (const auto* row = find_packet_number(name)) return parse_packet_number(builder, *row, value);
  if (const auto* row = app::find_condition(name)) return parse_condition(builder, *row, value);
  if (const auto id = app::find_number(name)) return parse_number_keyword(builder, app::row(*id), value);
  if (const auto id = app::find_buffer(name)) return parse_buffer(builder, *id, name, value);
  if (const auto* row = find_transform(name)) {
    return builder.add_transform(WD_TRY(make_transform(*row, value).in(name)));
  }
  if (const auto* row = find_snort_keyword(name)) return row->parse(builder, value);
  return fail(ErrorCode::Invalid, "unknown keyword \"" + std::string(name) + "\"");
}

std::vector<KeywordDoc> all_keywords() {
  std::vector<KeywordDoc> all;
  for (const auto family : families()) {
    for (const auto& row : family) all.push_back({row.name, row.doc});
  }
  for (const auto& row : packet_numbers()) all.push_back({row.keyword, row.doc});
  for (const auto& row : app::numbers()) all.push_back({row.keywords[0], row.doc});
  for (const auto& row : app::buffers()) all.push_back({row.names[0], row.doc});
  for (const auto table : app::condition_tables()) {
    for (const auto& row : table) all.push_back({row.keyword, row.doc});
  }
  for (const auto name : transform_names()) all.push_back({name, find_transform(name)->doc});
  std::ranges::sort(all, {}, &KeywordDoc::name);
  return all;
}

}  // namespace warder::ips
