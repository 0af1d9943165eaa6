#include "pack/manifest.h"

#include <gtest/gtest.h>

namespace warder::pack {
namespace {

Manifest good() {
  return {.name = "rules",
          .version = "1.2.3",
          .licence = "Apache-2.0",
          .minimum_engine = "0.1.0",
          .files = {{"a.xml", 3, crypto::sha256(as_bytes("abc"))}, {"b/c.xml", 0, crypto::sha256({})}}};
}

TEST(Manifest, ParsesWhatItPrints) {
  const Manifest parsed = parse_manifest(print_manifest(good())).value();
  EXPECT_EQ(parsed.name, "rules");
  EXPECT_EQ(parsed.version, "1.2.3");
  EXPECT_EQ(parsed.licence, "Apache-2.0");
  EXPECT_EQ(parsed.minimum_engine, "0.1.0");
  ASSERT_EQ(parsed.files.size(), 2U);
  EXPECT_EQ(parsed.files[1].path, "b/c.xml");
  EXPECT_EQ(parsed.files[0].bytes, 3U);
  EXPECT_EQ(parsed.files[0].sha256, crypto::sha256(as_bytes("abc")));
}

TEST(Manifest, RefusesBadPaths) {
  const std::string cases[] = {
      "",
      "/",
      "/etc/passwd",
      "..",
      "../x",
      "a/../b",
      "a/./b",
      "a//b",
      "a/",
      ".hidden",
      "a/.git/x",
      "a\\b",
      "a b",
      "a\nb",
      "C:x",
      "~/x",
      "a\xC3\xA4",
      "$(x)",
      "a*",
      std::string{"a\0b", 3},
      std::string(201, 'a'),
      "1/2/3/4/5/6/7/8/9",
  };
  for (const auto& path : cases) {
    Manifest manifest = good();
    manifest.files = {{path, 0, crypto::sha256({})}};
    EXPECT_FALSE(check_manifest(manifest).has_value()) << path;
    EXPECT_FALSE(parse_manifest(print_manifest(manifest)).has_value()) << path;
  }
}

TEST(Manifest, RefusesBrokenRules) {
  struct Case {
    const char* name;
    void (*spoil)(Manifest&);
  };
  const Case cases[] = {
      {"no name", [](Manifest& m) { m.name = ""; }},
      {"upper-case name", [](Manifest& m) { m.name = "Rules"; }},
      {"name with a slash", [](Manifest& m) { m.name = "a/b"; }},
      {"name begins with a dash", [](Manifest& m) { m.name = "-a"; }},
      {"long name", [](Manifest& m) { m.name = std::string(64, 'a'); }},
      {"no version", [](Manifest& m) { m.version = ""; }},
      {"version is a path", [](Manifest& m) { m.version = "../1"; }},
      {"version with five numbers", [](Manifest& m) { m.version = "1.2.3.4.5"; }},
      {"empty label", [](Manifest& m) { m.version = "1.2-"; }},
      {"no licence", [](Manifest& m) { m.licence = ""; }},
      {"licence with markup", [](Manifest& m) { m.licence = "<b>"; }},
      {"engine is no version", [](Manifest& m) { m.minimum_engine = "new"; }},
      {"no files", [](Manifest& m) { m.files.clear(); }},
      {"a path twice", [](Manifest& m) { m.files.push_back(m.files.back()); }},
      {"out of order", [](Manifest& m) { std::swap(m.files[0], m.files[1]); }},
      {"a file where a folder is",
       [](Manifest& m) {
         m.files = {{"a", 0, {}}, {"a-b", 0, {}}, {"a/c", 0, {}}};
       }},
      {"too much unpacked", [](Manifest& m) { m.files[0].bytes = kMaxUnpackedBytes + 1; }},
      {"sum over the limit", [](Manifest& m) { m.files[0].bytes = m.files[1].bytes = kMaxUnpackedBytes / 2 + 1; }},
      {"sum wraps around",
       [](Manifest& m) {
         m.files[0].bytes = 2;
         m.files[1].bytes = ~std::uint64_t{0};
       }},
      {"too many files",
       [](Manifest& m) {
         m.files.assign(kMaxFiles + 1, {"a", 0, {}});
       }},
  };
  ASSERT_TRUE(check_manifest(good()).has_value());
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Manifest manifest = good();
    c.spoil(manifest);
    EXPECT_FALSE(check_manifest(manifest).has_value());
  }
}

TEST(Manifest, HasOneFormOnly) {
  const std::string text = print_manifest(good());
  ASSERT_TRUE(parse_manifest(text).has_value());
  EXPECT_FALSE(parse_manifest(text + "\n").has_value());
  EXPECT_FALSE(parse_manifest(" " + text).has_value());
  std::string extra = text;
  extra.insert(1, "\"extra\":1,");
  EXPECT_FALSE(parse_manifest(extra).has_value());
  std::string later = text;
  later.replace(later.find("\"format\":1"), 10, "\"format\":2");
  EXPECT_FALSE(parse_manifest(later).has_value());
  for (std::size_t length = 0; length < text.size(); ++length) {
    EXPECT_FALSE(parse_manifest(std::string_view{text}.substr(0, length)).has_value()) << length;
  }
}

TEST(Manifest, ComparesVersionsByNumber) {
  struct Case {
    const char* engine;
    const char* minimum;
    bool is_enough;
  };
  for (const auto& c : {Case{"0.1.0", "0.1.0", true}, Case{"0.1.0", "0.1", true}, Case{"0.10.0", "0.9.9", true},
                        Case{"1.0", "0.99.99.99", true}, Case{"0.1.0", "0.1.1", false}, Case{"0.9", "0.10", false},
                        Case{"0.1.0-dev", "0.1.0", true}, Case{"2026.11.22", "2026.11.23", false}}) {
    EXPECT_EQ(is_new_enough(c.engine, c.minimum).value(), c.is_enough) << c.engine << " " << c.minimum;
  }
  EXPECT_FALSE(is_new_enough("x", "1").has_value());
  EXPECT_FALSE(is_new_enough("1", "4294967296").has_value());
}

}  // namespace
}  // namespace warder::pack
