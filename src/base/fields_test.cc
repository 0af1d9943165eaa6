#include "base/fields.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace warder {
namespace {

struct Settings {
  bool enabled = true;
  std::int64_t period_s = 60;
  std::string mode = "observe";
  std::string label = "x";
  std::vector<std::string> paths = {"/etc"};
  std::string listen = "127.0.0.1:1";

  static std::span<const Field<Settings>> fields() {
    using enum PersonalData;
    static constexpr Field<Settings> kFields[] = {
        {"enabled", &Settings::enabled, 0, 0, None, "Whether it runs"},
        {"period_s", &Settings::period_s, 1, 3600, None, "How often"},
        {"mode", &Settings::mode, 0, 0, None, "What it does", "observe|enforce"},
        {"label", &Settings::label, 1, 3, Identifier, "A name"},
        {"paths", &Settings::paths, 0, 2, Content, "Where"},
        {"net.listen", &Settings::listen, 1, 100, None, "Address"},
    };
    return kFields;
  }
};

std::string json_error(std::string_view text) {
  const auto parsed = parse_json_as<Settings>(parse_json(text).value());
  return parsed ? "none" : parsed.error().message;
}

std::string toml_error(std::string_view text) {
  const auto parsed = parse_toml_as<Settings>(text, "a.toml");
  return parsed ? "none" : parsed.error().message;
}

TEST(ApplyJson, SetsTheRowsItNames) {
  const auto settings = parse_json_as<Settings>(
      parse_json(
          R"({"enabled":false,"period_s":3600,"mode":"enforce","label":"日本語","paths":["/a","/b"],"net.listen":"h:2"})")
          .value());
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_FALSE(settings->enabled);
  EXPECT_EQ(settings->period_s, 3600);
  EXPECT_EQ(settings->mode, "enforce");
  EXPECT_EQ(settings->paths, (std::vector<std::string>{"/a", "/b"}));
  EXPECT_EQ(settings->listen, "h:2");
  EXPECT_EQ(parse_json_as<Settings>(json::object{})->period_s, 60);
}

TEST(ApplyJson, NamesThePointerOfWhatItRefuses) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"[]", "must be an object of settings"},
      {R"({"no/such~":1})", "/no~1such~0: there is no such setting"},
      {R"({"enabled":1})", "/enabled: must be true or false"},
      {R"({"period_s":"1"})", "/period_s: must be an integer"},
      {R"({"period_s":1.5})", "/period_s: must be an integer"},
      {R"({"period_s":0})", "/period_s: 0 is not in 1..3600"},
      {R"({"mode":"x"})", "/mode: \"x\" is not one of observe, enforce"},
      {R"({"label":""})", "/label: length 0 is not in 1..3"},
      {R"({"label":"long"})", "/label: length 4 is not in 1..3"},
      {R"({"paths":"x"})", "/paths: must be a list of strings"},
      {R"({"paths":["a",2]})", "/paths/1: must be a string"},
      {R"({"paths":["a","b","c"]})", "/paths: number of entries 3 is not in 0..2"},
      {R"({"label":null})", "/label: must be a string"},
  };
  for (const auto& [text, message] : cases) {
    SCOPED_TRACE(text);
    EXPECT_EQ(json_error(text), message);
  }
}

TEST(ApplyToml, ReadsTablesAsDottedKeys) {
  const auto settings = parse_toml_as<Settings>("period_s = 5\npaths = [ '/a' ]\n[net]\nlisten = \"h:3\"\n", "a.toml");
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->period_s, 5);
  EXPECT_EQ(settings->paths, std::vector<std::string>{"/a"});
  EXPECT_EQ(settings->listen, "h:3");
}

TEST(ApplyToml, NamesFileLineAndKey) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"enabled = true\nperiod_s = 0", "a.toml:2: period_s: 0 is not in 1..3600"},
      {"\n\nnosuch = 1", "a.toml:3: nosuch: there is no such setting"},
      {"[net]\nnosuch = 1", "a.toml:2: net.nosuch: there is no such setting"},
      {"period_s = 1979-05-27", "a.toml:1: period_s: must be true or false, an integer, a string or a list of strings"},
      {"paths = [\n 'a',\n 1 ]", "a.toml:1: paths: must be a list of strings"},
      {"enabled = 'yes'", "a.toml:1: enabled: must be true or false"},
      {"label = '\xff'", "a.toml: not UTF-8"},
  };
  for (const auto& [text, message] : cases) {
    SCOPED_TRACE(text);
    EXPECT_EQ(toml_error(text), message);
  }
  EXPECT_TRUE(toml_error("enabled = true\nperiod_s = = 1").starts_with("a.toml:2: "));
  EXPECT_TRUE(toml_error("enabled = true\nenabled = true").starts_with("a.toml:2: "));
}

TEST(ToToml, IsReadBack) {
  Settings settings;
  settings.label = "\"\\";
  settings.paths = {"/a b", "\t"};
  const auto again = parse_toml_as<Settings>(to_toml(bind_fields(settings)), "printed");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->label, settings.label);
  EXPECT_EQ(again->paths, settings.paths);
  EXPECT_NE(to_toml(bind_fields(settings)).find("# How often\n# 1..3600\nperiod_s = 60\n"), std::string::npos);
}

TEST(ToJson, IsReadBack) {
  Settings settings;
  settings.period_s = 61;
  EXPECT_EQ(to_json(bind_fields(settings)).at("period_s"), 61);
  EXPECT_TRUE(parse_json_as<Settings>(to_json(bind_fields(settings))));
}

TEST(JsonSchema, SaysWhatTheTableSays) {
  Settings settings;
  const json::object schema = json_schema(bind_fields(settings), "settings");
  EXPECT_EQ(schema.at("additionalProperties"), false);
  const json::object& properties = schema.at("properties").as_object();
  EXPECT_EQ(properties.size(), 6U);
  EXPECT_EQ(properties.at("period_s"), (json::object{{"description", "How often"},
                                                     {"type", "integer"},
                                                     {"minimum", 1},
                                                     {"maximum", 3600},
                                                     {"default", 60},
                                                     {"x-personal-data", "none"}}));
  EXPECT_EQ(properties.at("mode").at("enum"), (json::array{"observe", "enforce"}));
  EXPECT_EQ(properties.at("label").at("x-personal-data"), "identifier");
  EXPECT_EQ(properties.at("paths").at("maxItems"), 2);
}

}  // namespace
}  // namespace warder
