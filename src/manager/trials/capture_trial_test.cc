#include "manager/trials/capture_trial.h"

#include <gtest/gtest.h>

#include "manager/trials/pack_files.h"
#include "packet/testing.h"

namespace warder::manager {
namespace {

using namespace packet::testing;

constexpr std::string_view kRule =
    "drop udp any any -> any 53 (msg:\"a name that nobody wants\"; content:\"unwanted\"; sid:5;)\n";

void little32(std::string& out, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<char>(value >> shift));
}

/// pcap of raw IP packets.
std::string capture_of(const std::vector<Bytes>& packets) {
  std::string out;
  little32(out, 0xa1b2c3d4);
  little32(out, 2 | 4 << 16);
  for (const std::uint32_t value : {0U, 0U, 65'535U, 101U}) little32(out, value);
  for (const Bytes& packet : packets) {
    const auto size = static_cast<std::uint32_t>(packet.size());
    for (const std::uint32_t value : {1'700'000'000U, 0U, size, size}) little32(out, value);
    out.append(as_text(packet));
  }
  return out;
}

Bytes query(const std::string& text) {
  return with_checksum(ipv4({.protocol = 17}, udp(40'000, 53, from_text(text))));
}

json::object judge(std::string_view rules, std::string_view capture) {
  return judge_capture({}, {false, rules, as_bytes(capture)});
}

TEST(CaptureTrial, SaysWhichPacketARuleFinds) {
  const json::object result = judge(kRule, capture_of({query("fine"), query("an unwanted one")}));
  EXPECT_EQ(result.at("rules").to_number<int>(), 1);
  EXPECT_EQ(result.at("packets").to_number<int>(), 2);
  EXPECT_TRUE(result.at("complete").as_bool());
  ASSERT_EQ(result.at("findings").as_array().size(), 1U);
  const json::object& found = result.at("findings").as_array()[0].as_object();
  EXPECT_EQ(found.at("rule"), json::value("1:5"));
  EXPECT_EQ(found.at("destination"), json::value("198.51.100.2"));
  EXPECT_EQ(found.at("packet").to_number<int>(), 2);
  EXPECT_TRUE(found.at("blocked").as_bool());
}

TEST(CaptureTrial, NamesWhatCannotBeReadAndGoesOn) {
  const json::object result = judge("alert nonsense\n" + std::string(kRule), capture_of({query("unwanted")}));
  ASSERT_EQ(result.at("problems").as_array().size(), 1U);
  EXPECT_EQ(result.at("problems").as_array()[0].as_object().at("line").to_number<int>(), 1);
  EXPECT_EQ(result.at("total").to_number<int>(), 1);
}

TEST(CaptureTrial, SaysWhyItEndedEarly) {
  const std::string whole = capture_of({query("unwanted"), query("unwanted")});
  const json::object cut = judge(kRule, std::string_view(whole).substr(0, whole.size() - 5));
  EXPECT_FALSE(cut.at("complete").as_bool());
  EXPECT_EQ(cut.at("total").to_number<int>(), 1);
  EXPECT_FALSE(judge(kRule, "no capture at all").at("complete").as_bool());
}

TEST(CaptureTrial, OwnRulesReadNoFiles) {
  const json::object result =
      judge("alert udp any any -> any any (dataset:isset,x,type string,load /etc/passwd; sid:6;)\n", capture_of({}));
  EXPECT_EQ(result.at("rules").to_number<int>(), 0);
  EXPECT_EQ(result.at("problems").as_array().size(), 1U);
}

TEST(CaptureTrial, KnowsTheRulesOfTheProduct) {
  const PackFiles packs = read_pack_files(std::string(WARDER_CONTENT) + "/ips").value();
  EXPECT_GT(packs.rules.size(), 5U);
  EXPECT_EQ(packs.pack_of.size(), packs.rules.size());
}

}  // namespace
}  // namespace warder::manager
