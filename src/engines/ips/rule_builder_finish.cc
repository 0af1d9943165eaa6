// The last step of reading a rule: what follows from all of its options together.
#include <algorithm>

#include "engines/ips/rule_builder.h"

namespace warder::ips {

namespace {

using packet::Transport;

bool is_relative(const MatchItem& item) {
  struct Visitor {
    bool operator()(const Content& content) const { return content.is_relative(); }
    bool operator()(const Pcre& pcre) const { return pcre.is_relative; }
    bool operator()(const IsDataAt& test) const { return test.is_relative; }
    bool operator()(const ByteTest& test) const { return test.field.is_relative; }
    bool operator()(const ByteJump& jump) const { return jump.field.is_relative; }
    bool operator()(const ByteExtract& extract) const { return extract.field.is_relative; }
    bool operator()(const ByteMath& math) const { return math.field.is_relative; }
    bool operator()(const BufferSize& /*size*/) const { return false; }
    bool operator()(const Base64Decode& decode) const { return decode.is_relative; }
    bool operator()(const DatasetTest& /*test*/) const { return false; }
    bool operator()(const Entropy& /*test*/) const { return false; }
    bool operator()(const Asn1& test) const { return test.relative_offset.has_value(); }
  };
  return std::visit(Visitor{}, item.item);
}

bool can_match_again(const MatchItem& item) {
  if (const auto* const content = std::get_if<Content>(&item.item)) return !content->is_negated;
  if (const auto* const pcre = std::get_if<Pcre>(&item.item)) return !pcre->is_negated;
  return false;
}

/// `item` may stand anywhere behind the content `before` it: a later place of that one gives it fewer places, not more.
bool is_anywhere_behind(const MatchItem& item, const MatchItem& before) {
  const auto* const content = std::get_if<Content>(&item.item);
  const auto* const other = std::get_if<Content>(&before.item);
  return content != nullptr && other != nullptr && !content->is_negated && !other->is_negated && !content->within &&
         !content->depth;
}

/// Items between one that can match in several places and one that continues from there pass a failure back to it.
void mark_relatives(std::vector<MatchItem>& items) {
  for (std::size_t i = 1; i < items.size(); ++i) {
    if (!is_relative(items[i]) || is_anywhere_behind(items[i], items[i - 1])) continue;
    for (std::size_t j = i; j-- > 0;) {
      items[j].has_relative_next = true;
      if (can_match_again(items[j])) break;
    }
  }
  for (auto& item : items) {
    if (auto* const decode = std::get_if<Base64Decode>(&item.item)) mark_relatives(decode->items);
  }
}

bool has_placed_content(const BufferPart& part) {
  return std::ranges::any_of(part.items, [](const MatchItem& item) {
    const auto* const content = std::get_if<Content>(&item.item);
    return content != nullptr && (content->offset || content->depth);
  });
}

}  // namespace

Result<void> RuleBuilder::finish() {
  if (rule_.sid == 0) return fail(ErrorCode::Invalid, "no sid");
  std::erase_if(rule_.parts, [](const BufferPart& part) {
    return part.items.empty() && !part.may_be_absent && !part.must_be_absent;
  });
  for (auto& part : rule_.parts) mark_relatives(part.items);
  if (auto done = finish_direction(); !done) return done;
  finish_payload();
  finish_kind();
  return {};
}

Result<void> RuleBuilder::finish_direction() {
  auto& flow = rule_.flow;
  if (rule_.is_transactional) return {};
  if (sides_ == 0) return fail(ErrorCode::Invalid, "keywords of requests and of responses in one rule");
  if (sides_ == static_cast<unsigned>(app::Sides::ToServer)) {
    if (flow.to_client) return fail(ErrorCode::Invalid, "flow:to_client with a keyword of requests");
    flow.to_server = true;
  } else if (sides_ == static_cast<unsigned>(app::Sides::ToClient)) {
    if (flow.to_server) return fail(ErrorCode::Invalid, "flow:to_server with a keyword of responses");
    flow.to_client = true;
  }
  return {};
}

/// Rules on TCP payload look at the reassembled stream; those that say where in a packet something must stand look at
/// packets too.
void RuleBuilder::finish_payload() {
  const auto* const payload = rule_.payload();
  if (rule_.protocol.only_packets) rule_.needs_packet = true;
  if (rule_.protocol.only_stream) rule_.needs_stream = true;
  if (payload == nullptr || rule_.needs_packet || rule_.needs_stream) return;
  const auto transports = rule_.protocol.transports;
  const bool may_be_tcp = transports == 0 || (transports & (1U << static_cast<unsigned>(Transport::Tcp))) != 0;
  if (!may_be_tcp) return;
  rule_.needs_stream = true;
  rule_.needs_packet = has_placed_content(*payload) || rule_.has_stream_size;
}

void RuleBuilder::finish_kind() {
  const bool has_frame =
      std::ranges::any_of(rule_.parts, [](const BufferPart& part) { return part.key.place == Place::Frame; });
  // Nothing but the header, and what is the same for all packets of a flow.
  const bool only_compatible = rule_.parts.empty() && rule_.protocol.protocols == 0 && !rule_.has_packet_condition &&
                               !rule_.protocol.is_arp && !rule_.protocol.only_packets && !rule_.protocol.only_stream;
  const auto& flow = rule_.flow;
  const bool flow_is_direction = !flow.is_established && !flow.is_not_established && !flow.is_stateless &&
                                 !flow.only_stream && !flow.no_stream && !flow.only_fragment && !flow.no_fragment;
  if (rule_.needs_transaction()) {
    rule_.kind = RuleKind::Transaction;
  } else if (has_frame) {
    rule_.kind = RuleKind::Frame;
  } else if (rule_.protocol.is_pkthdr || (rule_.has_event && rule_.parts.empty() && rule_.protocol.protocols == 0)) {
    rule_.kind = RuleKind::DecodeEvent;
  } else if (rule_.asks_protocol && only_compatible && flow_is_direction) {
    rule_.kind = RuleKind::ProtocolOnly;
  } else if (only_compatible && !rule_.asks_protocol && !rule_.flow.is_present) {
    rule_.kind = RuleKind::IpOnly;
  } else {
    rule_.kind = RuleKind::Packet;
  }
}

}  // namespace warder::ips
