#include "engines/ips/rule_builder.h"

#include <algorithm>

#include "base/text.h"
#include "engines/ips/comparison.h"
#include "engines/ips/keywords.h"

namespace warder::ips {

namespace {

using packet::Transport;

constexpr std::uint16_t bit(Transport transport) noexcept {
  return static_cast<std::uint16_t>(1U << static_cast<unsigned>(transport));
}
constexpr std::uint64_t bit(app::Protocol protocol) noexcept {
  return std::uint64_t{1} << static_cast<unsigned>(protocol);
}
static_assert(static_cast<unsigned>(app::Protocol::Count) <= 64);

std::optional<Action> find_action(std::string_view name) {
  if (name == "alert" || name == "log") return Action::Alert;
  if (name == "drop" || name == "block" || name == "sdrop") return Action::Drop;
  if (name == "reject" || name == "rejectsrc") return Action::Reject;
  if (name == "rejectdst") return Action::RejectDestination;
  if (name == "rejectboth" || name == "react") return Action::RejectBoth;
  if (name == "pass") return Action::Pass;
  return std::nullopt;
}

/// All protocols that a rule for this one is for.
std::uint64_t family(app::Protocol protocol) noexcept {
  using app::Protocol;
  if (protocol == Protocol::Http1) return bit(Protocol::Http1) | bit(Protocol::Http2) | bit(Protocol::Doh2);
  if (protocol == Protocol::Http2) return bit(Protocol::Http2) | bit(Protocol::Doh2);
  if (protocol == Protocol::Dns) return bit(Protocol::Dns) | bit(Protocol::Doh2);
  if (protocol == Protocol::Dcerpc) return bit(Protocol::Dcerpc) | bit(Protocol::Smb);
  return bit(protocol);
}

bool is_relative_number(const MatchItem& item) {
  if (const auto* const test = std::get_if<IsDataAt>(&item.item)) return test->is_relative;
  if (const auto* const test = std::get_if<ByteTest>(&item.item)) return test->field.is_relative;
  if (const auto* const jump = std::get_if<ByteJump>(&item.item)) return jump->field.is_relative;
  if (const auto* const extract = std::get_if<ByteExtract>(&item.item)) return extract->field.is_relative;
  if (const auto* const math = std::get_if<ByteMath>(&item.item)) return math->field.is_relative;
  return false;
}

Result<AddressSet> addresses(LoadContext& context, std::string_view text) {
  const auto known = context.address_lists.find(std::string(text));
  if (known != context.address_lists.end()) return known->second;
  return context.address_lists.emplace(text, WD_TRY(context.variables.addresses(text))).first->second;
}
Result<PortSet> ports(LoadContext& context, std::string_view text) {
  const auto known = context.port_lists.find(std::string(text));
  if (known != context.port_lists.end()) return known->second;
  return context.port_lists.emplace(text, WD_TRY(context.variables.ports(text))).first->second;
}

/// Snort 3 rules are told by modifiers inside content, by headers without addresses, by `service`.
Dialect dialect_of(const RuleParts& parts) {
  for (const auto& option : parts.options) {
    if (option.name == "service") return Dialect::Snort3;
    if (option.name == "content" && option.value.ends_with('"')) continue;
    if (option.name == "content") return Dialect::Snort3;
  }
  return Dialect::Suricata;
}

}  // namespace

std::uint32_t NameTable::number(std::string_view name) {
  const auto found = numbers_.find(name);
  if (found != numbers_.end()) return found->second;
  return numbers_.emplace(std::string(name), static_cast<std::uint32_t>(numbers_.size())).first->second;
}

Result<Rule> RuleBuilder::build(std::string_view text, LoadContext& context) {
  const auto parts = WD_TRY(split_rule(text));
  RuleBuilder builder(context, dialect_of(parts));
  if (auto read = builder.read_header(parts); !read) return fail(std::move(read).error());
  if (auto read = builder.read_options(parts); !read) return fail(std::move(read).error());
  if (auto done = builder.finish(); !done) return fail(std::move(done).error());
  return std::move(builder.rule_);
}

Result<void> RuleBuilder::read_header(const RuleParts& parts) {
  const auto action = find_action(parts.action);
  if (!action) return fail(ErrorCode::Invalid, "\"" + std::string(parts.action) + "\" is not an action");
  rule_.action = *action;
  if (auto read = read_protocol(parts.protocol); !read) return read;
  rule_.sources = WD_TRY(addresses(context_, parts.source).in("source"));
  rule_.source_ports = WD_TRY(ports(context_, parts.source_ports).in("source port"));
  rule_.destinations = WD_TRY(addresses(context_, parts.destination).in("destination"));
  rule_.destination_ports = WD_TRY(ports(context_, parts.destination_ports).in("destination port"));
  if (parts.arrow == "<>") {
    rule_.is_both_ways = true;
  } else if (parts.arrow == "=>") {
    rule_.is_transactional = true;
  } else if (parts.arrow != "->") {
    return fail(ErrorCode::Invalid, "\"" + std::string(parts.arrow) + "\" is not ->, <> or =>");
  }
  return {};
}

Result<void> RuleBuilder::read_protocol(std::string_view text) {
  auto name = to_lower_ascii(text);
  if (const auto colon = name.find(':'); colon != std::string::npos) name.resize(colon);  // hooks: "http1:request_line"
  auto& protocol = rule_.protocol;
  if (name == "ip" || name == "file" || name == "user") return {};
  if (name == "ipv4" || name == "ip4") {
    protocol.only_v4 = true;
  } else if (name == "ipv6" || name == "ip6") {
    protocol.only_v6 = true;
  } else if (name == "pkthdr") {
    protocol.is_pkthdr = true;
  } else if (name == "tcp" || name == "tcp-pkt" || name == "tcp-stream") {
    protocol.transports = bit(Transport::Tcp);
    protocol.only_packets = name == "tcp-pkt";
    protocol.only_stream = name == "tcp-stream";
  } else if (name == "udp") {
    protocol.transports = bit(Transport::Udp);
  } else if (name == "icmp") {
    protocol.transports = static_cast<std::uint16_t>(bit(Transport::Icmp) | bit(Transport::Icmp6));
  } else if (name == "icmpv4" || name == "icmp4") {
    protocol.transports = bit(Transport::Icmp);
  } else if (name == "icmpv6" || name == "icmp6") {
    protocol.transports = bit(Transport::Icmp6);
  } else if (name == "sctp") {
    protocol.transports = bit(Transport::Sctp);
  } else if (name == "igmp") {
    protocol.transports = bit(Transport::Igmp);
  } else if (name == "esp") {
    protocol.transports = bit(Transport::Esp);
  } else if (name == "arp" || name == "ether") {
    protocol.is_arp = true;
  } else if (name == "http1") {
    protocol.protocols = bit(app::Protocol::Http1);
  } else if (const auto found = app::find_protocol(name)) {
    protocol.protocols = family(*found);
  } else {
    return fail(ErrorCode::Invalid, "unknown protocol \"" + std::string(text) + "\"");
  }
  return {};
}

Result<void> RuleBuilder::read_options(const RuleParts& parts) {
  for (const auto& option : parts.options) {
    if (auto read = parse_keyword(*this, option.name, option.value); !read) return read;
  }
  return {};
}

Result<void> RuleBuilder::select_frame(const app::FrameRow& frame) {
  if (auto done = select(Place::Frame); !done) return done;
  selected_->frame = frame.id;
  return bind(frame.protocol);
}

Result<void> RuleBuilder::select(Place place, app::BufferId buffer, std::optional<app::Direction> side) {
  in_base64_ = false;
  BufferKey key;
  key.place = place;
  key.buffer = buffer;
  key.side = side;
  selected_ = key;
  part_.reset();
  if (place != Place::Application) return {};
  const auto& row = app::row(buffer);
  bind(row.sides);
  if (row.protocol != app::Protocol::Unknown) return bind(row.protocol);
  return {};
}

void RuleBuilder::select_payload() {
  in_base64_ = false;
  selected_.reset();
  part_.reset();
}

Result<void> RuleBuilder::select_base64() {
  for (std::size_t i = rule_.parts.size(); i-- > 0;) {
    for (const auto& item : rule_.parts[i].items) {
      if (!std::holds_alternative<Base64Decode>(item.item)) continue;
      in_base64_ = true;
      base64_part_ = i;
      return {};
    }
  }
  return fail(ErrorCode::Invalid, "base64_data without base64_decode");
}

Result<void> RuleBuilder::add_transform(Transform transform) {
  if (!selected_) {
    // Without a buffer: of the payload.
    selected_.emplace();
    part_.reset();
  }
  part_.reset();  // what stands before it looked at the buffer without this step
  selected_->transforms.push_back(std::move(transform));
  return {};
}

std::size_t RuleBuilder::part_for(const BufferKey& key, bool may_join) {
  const bool is_multiple =
      key.place == Place::Application && app::row(key.buffer).is_multiple && !app::row(key.buffer).is_stream;
  if (may_join && !is_multiple) {
    for (std::size_t i = 0; i < rule_.parts.size(); ++i) {
      if (rule_.parts[i].key == key) return i;
    }
  }
  rule_.parts.push_back({key, {}, false, false});
  return rule_.parts.size() - 1;
}

BufferPart* RuleBuilder::current_part() {
  if (selected_ && !part_) part_ = part_for(*selected_, true);
  if (selected_) return &rule_.parts[*part_];
  for (auto& part : rule_.parts) {
    if (part.key.place == Place::Payload) return &part;
  }
  return nullptr;
}

std::vector<MatchItem>& RuleBuilder::items() {
  if (in_base64_) {
    for (auto& item : rule_.parts[base64_part_].items) {
      if (auto* const decode = std::get_if<Base64Decode>(&item.item)) return decode->items;
    }
  }
  if (selected_) {
    if (!part_) part_ = part_for(*selected_, true);
    return rule_.parts[*part_].items;
  }
  return rule_.parts[part_for({}, true)].items;
}

void RuleBuilder::add(MatchItem item) {
  const bool is_content = std::holds_alternative<Content>(item.item);
  // After old-style modifiers "relative" means relative to the content before it, wherever that went.
  if (!selected_ && !in_base64_ && last_item_part_ && is_relative_number(item)) {
    rule_.parts[*last_item_part_].items.push_back(std::move(item));
    return;
  }
  auto& list = items();
  list.push_back(std::move(item));
  std::optional<std::size_t> part;
  for (std::size_t i = 0; i < rule_.parts.size(); ++i) {
    if (&rule_.parts[i].items == &list) part = i;
  }
  last_item_part_ = part;
  if (is_content) last_part_ = part;
}

Result<void> RuleBuilder::add_to_buffer(app::BufferId buffer, MatchItem item) {
  BufferKey key;
  key.place = Place::Application;
  key.buffer = buffer;
  const auto& row = app::row(buffer);
  bind(row.sides);
  const auto part = part_for(key, true);
  last_item_part_ = part;
  if (std::holds_alternative<Content>(item.item)) last_part_ = part;
  rule_.parts[part].items.push_back(std::move(item));
  if (row.protocol != app::Protocol::Unknown) return bind(row.protocol);
  return {};
}

Result<Content*> RuleBuilder::last_content() {
  auto* list = in_base64_ ? &items() : last_part_ ? &rule_.parts[*last_part_].items : nullptr;
  if (list != nullptr) {
    for (auto item = list->rbegin(); item != list->rend(); ++item) {
      if (auto* const content = std::get_if<Content>(&item->item)) return content;
    }
  }
  return fail(ErrorCode::Invalid, "there is no content before it");
}

Result<void> RuleBuilder::move_last_content(app::BufferId buffer) {
  if (selected_) return select(Place::Application, buffer);  // after a sticky buffer these names are sticky too
  if (!last_part_)
    return fail(ErrorCode::Invalid, std::string(app::row(buffer).names[1]) + " without a content before it");
  auto& from = rule_.parts[*last_part_].items;
  for (std::size_t i = from.size(); i-- > 0;) {
    if (!std::holds_alternative<Content>(from[i].item)) continue;
    auto moved = std::move(from[i]);
    from.erase(from.begin() + static_cast<std::ptrdiff_t>(i));
    return add_to_buffer(buffer, std::move(moved));
  }
  return fail(ErrorCode::Invalid, std::string(app::row(buffer).names[1]) + " without a content before it");
}

Result<void> RuleBuilder::bind(app::Protocol protocol) {
  auto& mine = rule_.protocol.protocols;
  const auto wanted = family(protocol);
  if (mine == 0) {
    mine = wanted;
    return {};
  }
  if ((mine & wanted) == 0) {
    return fail(ErrorCode::Invalid,
                "a keyword of " + std::string(app::name(protocol)) + " in a rule of another protocol");
  }
  mine &= wanted;
  return {};
}

Result<std::int16_t> RuleBuilder::variable(std::string_view name, bool may_make) {
  const auto found = std::ranges::find(variables_, name);
  if (found != variables_.end()) return static_cast<std::int16_t>(found - variables_.begin());
  if (!may_make) return fail(ErrorCode::Invalid, "\"" + std::string(name) + "\" is neither a number nor a variable");
  if (variables_.size() == kMaxVariables) return fail(ErrorCode::TooMany, "too many variables");
  variables_.emplace_back(name);
  return static_cast<std::int16_t>(variables_.size() - 1);
}

Result<Operand> RuleBuilder::operand(std::string_view text) {
  text = trim(text);
  if (const auto number = parse_integer<std::int64_t>(text)) return Operand{*number, -1};
  if (const auto number = parse_number(text.starts_with('+') ? text.substr(1) : text)) {
    return Operand{static_cast<std::int64_t>(*number), -1};
  }
  return Operand{0, WD_TRY(variable(text, false))};
}

}  // namespace warder::ips
