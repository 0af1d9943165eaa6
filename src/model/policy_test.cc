#include "model/policy.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace warder {
namespace {

struct Integrity {
  bool enabled = false;
  std::vector<std::string> watch = {"/etc"};
  std::int64_t rescan_s = 3600;

  static std::span<const Field<Integrity>> fields() {
    static constexpr Field<Integrity> kFields[] = {
        {"enabled", &Integrity::enabled, 0, 0, PersonalData::None, "Whether it runs"},
        {"watch", &Integrity::watch, 0, 3, PersonalData::Content, "What is watched"},
        {"rescan_s", &Integrity::rescan_s, 60, 86400, PersonalData::None, "How often all is compared"},
    };
    return kFields;
  }
};

struct Firewall {
  std::string mode = "observe";

  static std::span<const Field<Firewall>> fields() {
    static constexpr Field<Firewall> kFields[] = {
        {"mode", &Firewall::mode, 0, 0, PersonalData::None, "What it does", "observe|enforce"}};
    return kFields;
  }
};

std::vector<PolicySection> sections() {
  return {policy_section<Integrity>("integrity", "Integrity monitoring"),
          policy_section<Firewall>("firewall", "Firewall")};
}

json::value parsed(std::string_view text) {
  return parse_json(text).value();
}

PolicyId id_of(std::uint8_t last) {
  PolicyId id;
  id.uuid.bytes[15] = last;
  return id;
}

TEST(CheckPolicy, TakesPartialDocuments) {
  EXPECT_TRUE(check_policy(sections(), parsed("{}")));
  EXPECT_TRUE(check_policy(sections(), parsed(R"({"integrity":{"enabled":true},"firewall":{}})")));
}

TEST(CheckPolicy, NamesThePointer) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"[]", "/: a policy is an object of sections"},
      {R"({"no":{}})", "/no: there is no such section"},
      {R"({"integrity":[]})", "/integrity: must be an object of settings"},
      {R"({"integrity":{"x":1}})", "/integrity/x: there is no such setting"},
      {R"({"integrity":{"watch":["/a",2]}})", "/integrity/watch/1: must be a string"},
      {R"({"firewall":{"mode":"off"}})", "/firewall/mode: \"off\" is not one of observe, enforce"},
  };
  for (const auto& [text, message] : cases) {
    SCOPED_TRACE(text);
    const auto checked = check_policy(sections(), parsed(text));
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().message, message);
  }
}

TEST(EffectiveSettings, ComeFromTheNearestLayer) {
  const std::vector<PolicyLayer> layers{
      {id_of(1), "base", parsed(R"({"integrity":{"enabled":true,"rescan_s":60}})").as_object()},
      {id_of(2), "web", parsed(R"({"integrity":{"rescan_s":120}})").as_object()},
      {id_of(3), "leaf", parsed("{}").as_object()},
  };
  const auto settings = effective_settings(sections(), layers);
  ASSERT_EQ(settings.size(), 4U);
  EXPECT_EQ(settings[0].key, "enabled");
  EXPECT_EQ(settings[0].value, true);
  EXPECT_EQ(settings[0].origin, id_of(1));
  EXPECT_EQ(settings[1].key, "watch");
  EXPECT_EQ(settings[1].value, json::array{"/etc"});
  EXPECT_EQ(settings[1].origin, std::nullopt);
  EXPECT_EQ(settings[2].value, 120);
  EXPECT_EQ(settings[2].origin, id_of(2));
  EXPECT_EQ(settings[3].section, "firewall");
}

TEST(EffectivePolicy, IsACompleteDocument) {
  const std::vector<PolicyLayer> layers{{id_of(1), "base", parsed(R"({"firewall":{"mode":"enforce"}})").as_object()}};
  const json::object policy = effective_policy(sections(), layers);
  EXPECT_EQ(
      policy,
      parsed(R"({"integrity":{"enabled":false,"watch":["/etc"],"rescan_s":3600},"firewall":{"mode":"enforce"}})"));
  EXPECT_TRUE(check_policy(sections(), policy));
}

TEST(PolicySchema, HoldsEverySection) {
  const json::object schema = policy_schema(sections());
  const json::object& properties = schema.at("properties").as_object();
  EXPECT_EQ(properties.at("integrity").at("description"), "Integrity monitoring");
  EXPECT_EQ(properties.at("firewall").at("properties").at("mode").at("default"), "observe");
  EXPECT_FALSE(properties.at("firewall").as_object().contains("$schema"));
}

}  // namespace
}  // namespace warder
