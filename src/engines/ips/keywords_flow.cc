// Conditions on the flow: its state, its bits and numbers, bits across flows, reputation.
#include <algorithm>

#include "base/text.h"
#include "engines/ips/flow_state.h"
#include "engines/ips/keywords.h"
#include "engines/ips/rule_builder.h"

namespace warder::ips {

namespace {

Result<void> flow(RuleBuilder& builder, std::string_view value) {
  auto& flow = builder.rule().flow;
  flow.is_present = true;
  for (const auto part : split_arguments(value)) {
    const auto word = to_lower_ascii(part);
    if (word == "to_server" || word == "from_client" || word == "toserver") {
      flow.to_server = true;
    } else if (word == "to_client" || word == "from_server" || word == "toclient") {
      flow.to_client = true;
    } else if (word == "established") {
      flow.is_established = true;
    } else if (word == "not_established") {
      flow.is_not_established = true;
    } else if (word == "stateless") {
      flow.is_stateless = true;
    } else if (word == "only_stream") {
      flow.only_stream = true;
    } else if (word == "no_stream") {
      flow.no_stream = true;
    } else if (word == "only_frag") {
      flow.only_fragment = true;
    } else if (word == "no_frag") {
      flow.no_fragment = true;
    } else {
      return fail(ErrorCode::Invalid, "flow has no \"" + std::string(part) + "\"");
    }
  }
  if (flow.to_server && flow.to_client)
    return fail(ErrorCode::Invalid, "flow: to_server and to_client exclude each other");
  if (flow.is_established && flow.is_not_established) {
    return fail(ErrorCode::Invalid, "flow: established and not_established exclude each other");
  }
  if (flow.only_stream) builder.rule().needs_stream = true;
  if (flow.no_stream) builder.rule().needs_packet = true;
  return {};
}

/// isset and isnotset of one or more bits.
class FlowbitTest : public PacketTest {
 public:
  FlowbitTest(std::vector<std::uint32_t> names, bool wants_all, bool wants_set)
      : names_(std::move(names)), wants_all_(wants_all), wants_set_(wants_set) {}
  [[nodiscard]] bool matches(const PacketContext& context) const override {
    if (context.state == nullptr) return !wants_set_;
    const auto has = [&](std::uint32_t name) { return context.state->bits.has(name) == wants_set_; };
    return wants_all_ ? std::ranges::all_of(names_, has) : std::ranges::any_of(names_, has);
  }

 private:
  std::vector<std::uint32_t> names_;
  bool wants_all_;
  bool wants_set_;
};

struct BitCommand {
  std::string_view command;
  std::vector<std::uint32_t> names;
  bool has_and = false;
};

Result<BitCommand> read_bits(std::string_view value, NameTable& table, std::string_view keyword) {
  const auto parts = split_arguments(value);
  BitCommand read;
  read.command = parts[0];
  if (parts.size() < 2 || parts[1].empty()) {
    if (read.command == "noalert" || read.command == "reset") return read;
    return fail(ErrorCode::Invalid, std::string(keyword) + ": a name is missing");
  }
  read.has_and = parts[1].find('&') != std::string_view::npos;
  for (const auto name : split(parts[1], read.has_and ? '&' : '|')) {
    if (trim(name).empty() || trim(name).find(' ') != std::string_view::npos) {
      return fail(ErrorCode::Invalid, std::string(keyword) + ": \"" + std::string(parts[1]) + "\" is not a name");
    }
    read.names.push_back(table.number(trim(name)));
  }
  return read;
}

Result<void> flowbits(RuleBuilder& builder, std::string_view value) {
  auto read = WD_TRY(read_bits(value, builder.context().flowbits, "flowbits"));
  auto& rule = builder.rule();
  const auto add_effects = [&](Effect::Kind kind) {
    for (const auto name : read.names) rule.effects.push_back({kind, name, {}, 0, 0, {}});
    rule.flowbit_use |= kSets;
  };
  if (read.command == "noalert") {
    rule.is_silent = true;
  } else if (read.command == "set" || read.command == "setx") {
    add_effects(Effect::Kind::FlowbitSet);
  } else if (read.command == "unset") {
    add_effects(Effect::Kind::FlowbitUnset);
  } else if (read.command == "toggle") {
    add_effects(Effect::Kind::FlowbitToggle);
  } else if (read.command == "isset") {
    builder.add_test(std::make_unique<FlowbitTest>(std::move(read.names), read.has_and, true));
    rule.flowbit_use |= kReads;
  } else if (read.command == "isnotset") {
    builder.add_test(std::make_unique<FlowbitTest>(std::move(read.names), true, false));
    rule.flowbit_use |= kReads;
  } else if (read.command != "reset") {
    return fail(ErrorCode::Invalid, "flowbits has no \"" + std::string(read.command) + "\"");
  }
  return {};
}

class SharedBitTest : public PacketTest {
 public:
  SharedBitTest(std::uint32_t name, BitTrack track, bool wants_set)
      : name_(name), track_(track), wants_set_(wants_set) {}
  [[nodiscard]] bool matches(const PacketContext& context) const override {
    return context.shared.has_bit(context.packet, track_, name_) == wants_set_;
  }

 private:
  std::uint32_t name_;
  BitTrack track_;
  bool wants_set_;
};

Result<void> shared_bit(RuleBuilder& builder, std::string_view command, std::uint32_t name, BitTrack track,
                        std::uint32_t seconds) {
  auto& effects = builder.rule().effects;
  if (command == "set") {
    effects.push_back({Effect::Kind::XbitSet, name, track, seconds, 0, {}});
  } else if (command == "unset") {
    effects.push_back({Effect::Kind::XbitUnset, name, track, 0, 0, {}});
  } else if (command == "toggle") {
    effects.push_back({Effect::Kind::XbitToggle, name, track, seconds, 0, {}});
  } else if (command == "isset" || command == "isnotset") {
    builder.add_flow_test(std::make_unique<SharedBitTest>(name, track, command == "isset"));
  } else {
    return fail(ErrorCode::Invalid, "\"" + std::string(command) + "\" is not set, unset, toggle, isset or isnotset");
  }
  return {};
}

Result<void> xbits(RuleBuilder& builder, std::string_view value) {
  const auto parts = split_arguments(value);
  if (parts.size() < 3) return fail(ErrorCode::Invalid, "xbits needs a command, a name and what to track");
  auto track = BitTrack::Source;
  std::uint32_t seconds = 30;
  for (std::size_t i = 2; i < parts.size(); ++i) {
    if (parts[i] == "track ip_src") {
      track = BitTrack::Source;
    } else if (parts[i] == "track ip_dst") {
      track = BitTrack::Destination;
    } else if (parts[i] == "track ip_pair" || parts[i] == "track tx") {
      track = BitTrack::Pair;
    } else if (parts[i].starts_with("expire") &&
               parse_integer<std::uint32_t>(trim(parts[i].substr(6))).value_or(0) > 0) {
      seconds = *parse_integer<std::uint32_t>(trim(parts[i].substr(6)));
    } else {
      return fail(ErrorCode::Invalid, "xbits has no \"" + std::string(parts[i]) + "\"");
    }
  }
  return shared_bit(builder, parts[0], builder.context().xbits.number(parts[1]), track, seconds).in("xbits");
}

Result<void> hostbits(RuleBuilder& builder, std::string_view value) {
  const auto parts = split_arguments(value);
  if (parts[0] == "noalert" && parts.size() == 1) {
    builder.rule().is_silent = true;
    return {};
  }
  if (parts.size() < 2) return fail(ErrorCode::Invalid, "hostbits needs a command and a name");
  const auto track = parts.size() > 2 && parts[2] == "dst" ? BitTrack::Destination : BitTrack::Source;
  constexpr std::uint32_t kDefaultSeconds = 300;
  return shared_bit(builder, parts[0], builder.context().xbits.number("host " + std::string(parts[1])), track,
                    kDefaultSeconds)
      .in("hostbits");
}

class FlowintTest : public PacketTest {
 public:
  enum class Kind : std::uint8_t { Compare, IsSet, IsNotSet };
  Kind kind = Kind::Compare;
  ByteTest::Operator op = ByteTest::Operator::Equal;
  std::uint32_t name = 0;
  std::uint32_t value = 0;
  std::optional<std::uint32_t> other;

  [[nodiscard]] bool matches(const PacketContext& context) const override {
    if (context.state == nullptr) return false;
    const auto& all = context.state->integers;
    const auto found = all.find(name);
    if (kind == Kind::IsSet) return found != all.end();
    if (kind == Kind::IsNotSet) return found == all.end();
    const auto current = found == all.end() ? 0U : found->second;
    auto wanted = value;
    if (other) {
      const auto second = all.find(*other);
      if (second == all.end()) return false;
      wanted = second->second;
    }
    if (found == all.end()) return false;
    switch (op) {
      case ByteTest::Operator::Less:
        return current < wanted;
      case ByteTest::Operator::Greater:
        return current > wanted;
      case ByteTest::Operator::LessEqual:
        return current <= wanted;
      case ByteTest::Operator::GreaterEqual:
        return current >= wanted;
      case ByteTest::Operator::Not:
        return current != wanted;
      case ByteTest::Operator::Equal:
      case ByteTest::Operator::And:
      case ByteTest::Operator::Or:
        break;
    }
    return current == wanted;
  }
};

struct IntComparison {
  std::string_view text;
  ByteTest::Operator op;
};
constexpr IntComparison kIntComparisons[] = {
    {"<", ByteTest::Operator::Less},          {">", ByteTest::Operator::Greater}, {"<=", ByteTest::Operator::LessEqual},
    {">=", ByteTest::Operator::GreaterEqual}, {"==", ByteTest::Operator::Equal},  {"!=", ByteTest::Operator::Not},
};

Result<void> flowint(RuleBuilder& builder, std::string_view value) {
  const auto parts = split_arguments(value);
  if (parts.size() < 2) return fail(ErrorCode::Invalid, "flowint needs a name and an operation");
  auto& table = builder.context().flowints;
  auto test = std::make_unique<FlowintTest>();
  test->name = table.number(parts[0]);
  const auto op = parts[1];
  if (op == "isset" || op == "notset" || op == "isnotset") {
    test->kind = op == "isset" ? FlowintTest::Kind::IsSet : FlowintTest::Kind::IsNotSet;
    builder.add_test(std::move(test));
    return {};
  }
  if (parts.size() < 3) return fail(ErrorCode::Invalid, "flowint needs a value");
  if (const auto number = parse_integer<std::uint32_t>(parts[2])) {
    test->value = *number;
  } else {
    test->other = table.number(parts[2]);
  }
  const auto* const row = std::ranges::find(kIntComparisons, op, &IntComparison::text);
  if (row != std::end(kIntComparisons)) {
    test->op = row->op;
    builder.rule().flowint_use |= kReads;
    builder.add_test(std::move(test));
    return {};
  }
  Effect effect;
  effect.name = test->name;
  effect.value = test->value;
  effect.other = test->other;
  if (op == "=") {
    effect.kind = Effect::Kind::FlowintSet;
  } else if (op == "+") {
    effect.kind = Effect::Kind::FlowintAdd;
  } else if (op == "-") {
    effect.kind = Effect::Kind::FlowintSubtract;
  } else {
    return fail(ErrorCode::Invalid, "flowint has no \"" + std::string(op) + "\"");
  }
  builder.rule().flowint_use |= kSets;
  builder.rule().effects.push_back(effect);
  return {};
}

class StreamSizeTest : public PacketTest {
 public:
  enum class Side : std::uint8_t { Server, Client, Both, Either };
  StreamSizeTest(Side side, Comparison size) : side_(side), size_(std::move(size)) {}
  [[nodiscard]] bool matches(const PacketContext& context) const override {
    if (context.flow == nullptr || !context.packet.is_tcp()) return false;
    const auto bytes = [&](packet::Direction direction) {
      const auto& half = context.flow->tcp.half(direction);
      return size_.matches(std::uint32_t{half.next - half.initial});
    };
    const bool client = bytes(packet::Direction::ToServer);
    const bool server = bytes(packet::Direction::ToClient);
    switch (side_) {
      case Side::Server:
        return server;
      case Side::Client:
        return client;
      case Side::Both:
        return client && server;
      case Side::Either:
        return client || server;
    }
    return false;
  }

 private:
  Side side_;
  Comparison size_;
};

Result<void> stream_size(RuleBuilder& builder, std::string_view value) {
  const auto parts = split_arguments(value);
  if (parts.size() < 2) return fail(ErrorCode::Invalid, "stream_size needs a side, an operator and a size");
  auto side = StreamSizeTest::Side::Either;
  if (parts[0] == "server") {
    side = StreamSizeTest::Side::Server;
  } else if (parts[0] == "client") {
    side = StreamSizeTest::Side::Client;
  } else if (parts[0] == "both") {
    side = StreamSizeTest::Side::Both;
  } else if (parts[0] != "either") {
    return fail(ErrorCode::Invalid, "stream_size has no side \"" + std::string(parts[0]) + "\"");
  }
  auto text = std::string(parts[1]);
  if (parts.size() > 2) text += parts[2];
  if (text.starts_with("!=")) text.erase(1, 1);
  builder.add_test(std::make_unique<StreamSizeTest>(side, WD_TRY(Comparison::parse(text).in("stream_size"))));
  builder.rule().has_stream_size = true;
  return {};
}

class ProtocolTest : public PacketTest {
 public:
  enum class Side : std::uint8_t { Any, ToServer, ToClient };
  ProtocolTest(app::Protocol protocol, bool is_negated, Side side)
      : protocol_(protocol), is_negated_(is_negated), side_(side) {}
  [[nodiscard]] bool matches(const PacketContext& context) const override {
    if (context.state == nullptr || context.state->app == nullptr) return false;
    const auto& app = *context.state->app;
    const auto here = side_ == Side::Any        ? app.protocol()
                      : side_ == Side::ToServer ? app.protocol(Direction::ToServer)
                                                : app.protocol(Direction::ToClient);
    if (is_negated_) return here != app::Protocol::Unknown && here != protocol_;
    return here == protocol_;
  }

 private:
  app::Protocol protocol_;
  bool is_negated_;
  Side side_;
};

Result<void> app_layer_protocol(RuleBuilder& builder, std::string_view value) {
  const auto parts = split_arguments(value);
  auto name = parts[0];
  const bool is_negated = name.starts_with('!');
  if (is_negated) name = trim(name.substr(1));
  const auto protocol = app::find_protocol(name);
  if (!protocol) return fail(ErrorCode::Invalid, "app-layer-protocol: \"" + std::string(name) + "\" is not known");
  auto side = ProtocolTest::Side::Any;
  if (parts.size() > 1 && (parts[1] == "toserver" || parts[1] == "to_server")) side = ProtocolTest::Side::ToServer;
  if (parts.size() > 1 && (parts[1] == "toclient" || parts[1] == "to_client")) side = ProtocolTest::Side::ToClient;
  builder.add_flow_test(std::make_unique<ProtocolTest>(*protocol, is_negated, side));
  builder.rule().asks_protocol = true;
  return {};
}

Result<void> bypass(RuleBuilder& builder, std::string_view /*value*/) {
  builder.rule().effects.push_back({Effect::Kind::Bypass, 0, {}, 0, 0, {}});
  return {};
}

class ReputationTest : public PacketTest {
 public:
  enum class Side : std::uint8_t { Any, Source, Destination, Both };
  ReputationTest(Side side, std::uint8_t category, Comparison score)
      : side_(side), category_(category), score_(std::move(score)) {}
  [[nodiscard]] bool matches(const PacketContext& context) const override {
    const auto of = [&](const IpAddress& address) {
      const auto score = context.shared.reputation(address, category_);
      return score && score_.matches(*score);
    };
    switch (side_) {
      case Side::Any:
        return of(context.packet.source) || of(context.packet.destination);
      case Side::Source:
        return of(context.packet.source);
      case Side::Destination:
        return of(context.packet.destination);
      case Side::Both:
        return of(context.packet.source) && of(context.packet.destination);
    }
    return false;
  }

 private:
  Side side_;
  std::uint8_t category_;
  Comparison score_;
};

Result<void> iprep(RuleBuilder& builder, std::string_view value) {
  const auto parts = split_arguments(value);
  if (parts.size() < 3) return fail(ErrorCode::Invalid, "iprep needs a side, a category and a comparison");
  auto side = ReputationTest::Side::Any;
  if (parts[0] == "src") side = ReputationTest::Side::Source;
  if (parts[0] == "dst") side = ReputationTest::Side::Destination;
  if (parts[0] == "both") side = ReputationTest::Side::Both;
  auto comparison = std::string(parts[2]) + (parts.size() > 3 ? std::string(parts[3]) : std::string());
  if (comparison == "isset") comparison = ">=0";
  if (comparison == "isnotset") comparison = "<0";
  const auto category = builder.context().reputation_categories.number(parts[1]);
  if (category > 0xff) return fail(ErrorCode::TooMany, "iprep: more than 256 categories");
  builder.add_flow_test(std::make_unique<ReputationTest>(side, static_cast<std::uint8_t>(category),
                                                         WD_TRY(Comparison::parse(comparison).in("iprep"))));
  return {};
}

constexpr KeywordRow kRows[] = {
    {"flow", flow, "direction and state of the flow"},
    {"flowbits", flowbits, "named bits of the flow"},
    {"xbits", xbits, "named bits of an address or a pair of them"},
    {"hostbits", hostbits, "named bits of an address"},
    {"flowint", flowint, "named numbers of the flow"},
    {"stream_size", stream_size, "bytes that the TCP stream has had"},
    {"app-layer-protocol", app_layer_protocol, "what the flow speaks"},
    {"bypass", bypass, "leave the rest of the flow alone"},
    {"iprep", iprep, "reputation of an address"},
};

}  // namespace

std::span<const KeywordRow> flow_keywords() noexcept {
  return kRows;
}

}  // namespace warder::ips
