#include "protocol/protocol.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

namespace warder::protocol {
namespace {

warder::Event sample() {
  warder::Event event;
  event.time = from_micros(1'795'303'515'250'000);
  event.id.uuid = parse_uuid("019353c8-74ac-7000-8000-0123456789ab").value();
  event.module = ModuleKind::Integrity;
  event.type = "integrity.file.updated";
  event.severity = Severity::High;
  event.action = Action::Blocked;
  event.rule = "r-1";
  event.set("file.path", "/etc/\xe6\x97\xa5");
  event.set("file.size", std::numeric_limits<std::int64_t>::min());
  event.set("truncated", false);
  return event;
}

TEST(EventWire, IsReadBack) {
  Event wire;
  to_wire(sample(), &wire);
  Event copy;
  ASSERT_TRUE(copy.ParseFromString(wire.SerializeAsString()));
  const auto event = from_wire(copy);
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(*event, sample());
}

TEST(EventWire, NamesTheFieldThatBreaksALimit) {
  struct Case {
    std::string_view message;
    std::function<void(Event&)> spoil;
  };
  const Case cases[] = {
      {"time_us: not in the years 1970 to 9999", [](Event& e) { e.set_time_us(-1); }},
      {"time_us: not in the years 1970 to 9999",
       [](Event& e) { e.set_time_us(std::numeric_limits<std::int64_t>::max()); }},
      {"id: a UUID has 16 bytes, not 15", [](Event& e) { e.set_id(std::string(15, 'x')); }},
      {"module: no meaning is known for 0", [](Event& e) { e.set_module(0); }},
      {"severity: no meaning is known for 5", [](Event& e) { e.set_severity(5); }},
      {"action: no meaning is known for 256", [](Event& e) { e.set_action(256); }},
      {"type: is not a message id", [](Event& e) { e.set_type(""); }},
      {"type: is not a message id", [](Event& e) { e.set_type("A b"); }},
      {"rule: has more than 128 bytes", [](Event& e) { e.set_rule(std::string(129, 'r')); }},
      {"rule: is not UTF-8", [](Event& e) { e.set_rule("\xff"); }},
      {"file.path: is not UTF-8", [](Event& e) { (*e.mutable_fields())["file.path"].set_text("\xff"); }},
      {"file.path: has more than 4096 bytes",
       [](Event& e) { (*e.mutable_fields())["file.path"].set_text(std::string(4097, 'x')); }},
      {"reason: has no value", [](Event& e) { (*e.mutable_fields())["reason"]; }},
      {"fields: a key is not made of a-z 0-9 . _ - or is too long",
       [](Event& e) { (*e.mutable_fields())["A"].set_integer(1); }},
      {"fields: more than 64",
       [](Event& e) {
         for (int i = 0; i < 65; ++i) (*e.mutable_fields())["k" + std::to_string(i)].set_integer(i);
       }},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.message);
    Event wire;
    to_wire(sample(), &wire);
    c.spoil(wire);
    const auto event = from_wire(wire);
    ASSERT_FALSE(event);
    EXPECT_EQ(event.error(), (Error{ErrorCode::Invalid, std::string(c.message)}));
  }
}

TEST(EventWire, KeepsAFieldThatANewerAgentKnows) {
  Event wire;
  to_wire(sample(), &wire);
  (*wire.mutable_fields())["newer.field"].set_integer(7);
  EXPECT_EQ(std::get<std::int64_t>(*from_wire(wire)->find("newer.field")), 7);
}

TEST(ParseEnvelope, KeepsWhatANewerPeerAdded) {
  // Field 900, a string, in the heartbeat and in the envelope: tag 900 << 3 | 2, length 3, "new".
  const std::string unknown = "\xa2\x38\x03new";
  Heartbeat heartbeat;
  heartbeat.set_spool_events(5);
  const std::string inner = heartbeat.SerializeAsString() + unknown;
  const std::string bytes =
      "\x3a" + std::string(1, static_cast<char>(inner.size())) + inner + unknown;  // 0x3a: field 7
  const auto parsed = parse_envelope(as_bytes(bytes));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->heartbeat().spool_events(), 5U);
  EXPECT_EQ(serialize(*parsed), bytes);
}

TEST(ParseEnvelope, TakesAMessageItDoesNotKnow) {
  const auto parsed = parse_envelope(as_bytes("\xa2\x38\x03new"));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->message_case(), Envelope::MESSAGE_NOT_SET);
}

TEST(ParseEnvelope, RefusesTornAndOversizedFrames) {
  Envelope envelope;
  to_wire(sample(), envelope.mutable_events()->add_events()->mutable_event());
  const std::string bytes = serialize(envelope);
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    const auto parsed = parse_envelope(as_bytes(bytes).first(cut));
    EXPECT_TRUE(!parsed || parsed->SerializeAsString() != bytes) << cut;
  }
  EXPECT_EQ(parse_envelope(as_bytes("\x0a\x05x")).error().code, ErrorCode::Corrupt);
  EXPECT_EQ(parse_envelope(Bytes(kMaxFrameBytes + 1)).error().code, ErrorCode::TooLarge);
}

TEST(ParseEnvelope, RefusesMoreEventsThanABatchMayHave) {
  Envelope envelope;
  for (std::size_t i = 0; i <= kMaxEventsPerBatch; ++i) envelope.mutable_events()->add_events();
  EXPECT_EQ(parse_envelope(as_bytes(serialize(envelope))).error().code, ErrorCode::TooLarge);
  envelope.mutable_events()->mutable_events()->RemoveLast();
  EXPECT_TRUE(parse_envelope(as_bytes(serialize(envelope))));
}

Hello hello(std::uint32_t major_part, std::uint32_t minor_part) {
  Hello out;
  out.set_protocol_major(major_part);
  out.set_protocol_minor(minor_part);
  return out;
}

TEST(Negotiate, ServesTwoMinorVersionsBackAndAnyAhead) {
  struct Case {
    std::uint32_t agent;
    std::uint32_t manager;
    std::uint32_t agreed;
  };
  for (const Case& c : {Case{0, 0, 0}, Case{5, 7, 5}, Case{7, 7, 7}, Case{9, 7, 7}, Case{0, 2, 0}}) {
    const auto ack = negotiate(hello(kMajor, c.agent), c.manager);
    ASSERT_TRUE(ack) << c.agent;
    EXPECT_EQ(ack->protocol_minor(), c.agreed);
  }
  EXPECT_EQ(negotiate(hello(kMajor, 4), 7).error().message,
            "protocol 1.4 is no longer served; update the agent to 1.5 or later");
  EXPECT_EQ(negotiate(hello(2, 0)).error().message, "protocol 2.0 is not served, only 1.x");
  EXPECT_FALSE(negotiate(hello(0, 0)));
}

TEST(Negotiate, AgreesOnCommonCapabilities) {
  Hello offer = hello(kMajor, kMinor);
  for (const char* capability : {"teleport.v1", "policy.v1", "events.v1", "events.v2"})
    offer.add_capabilities(capability);
  const auto ack = negotiate(offer);
  ASSERT_TRUE(ack);
  EXPECT_EQ(std::vector<std::string>(ack->capabilities().begin(), ack->capabilities().end()),
            (std::vector<std::string>{"events.v1", "policy.v1"}));
}

}  // namespace
}  // namespace warder::protocol
