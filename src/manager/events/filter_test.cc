#include "manager/events/filter.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <set>

#include "manager/events/text_pattern.h"

namespace warder::manager {
namespace {

TEST(Filter, ParsesToATreeAndPrintsIt) {
  struct Case {
    std::string_view text;
    std::string_view printed;
  };
  const std::vector<Case> cases = {
      {"", ""},
      {"severity>=high", "severity>=high"},
      {R"(severity >= HIGH and host.name:"web-*" and not rule in (a,b))",
       R"(severity>=high and host.name:"web-*" and not rule in ("a", "b"))"},
      {"host=a or host=b and type=c", R"(host.name="a" or (host.name="b" and type="c"))"},
      {"(host=a or host=b) and type=c", R"((host.name="a" or host.name="b") and type="c")"},
      {"NOT (host=a)", R"(not host.name="a")"},
      {"not not host=a", R"(not not host.name="a")"},
      {"time>=2026-11-22T01:00:00+01:00", "time>=2026-11-22T00:00:00.000000Z"},
      {"module:anti*", "module in (anti-malware)"},
      {R"("hello \"you\" \\")", R"(any:"hello \"you\" \\")"},
      {"file.size>10", "file.size>10"},
      {"change.while_stopped=true", "change.while_stopped=true"},
      {"file.path:/etc/*", R"(file.path:"/etc/*")"},
      {"action!=blocked", "action!=blocked"},
      {"agent_id=01890a5d-ac96-774b-bcce-b302099a8057", R"(agent="01890a5d-ac96-774b-bcce-b302099a8057")"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.text);
    const auto filter = parse_filter(c.text);
    ASSERT_TRUE(filter) << filter.error().message;
    EXPECT_EQ(print_filter(*filter), c.printed);
    EXPECT_EQ(parse_filter(c.printed).value(), *filter);
    EXPECT_EQ(filter_from_json(filter_to_json(*filter)).value(), *filter);
  }
}

TEST(Filter, SaysWhereItIsWrong) {
  struct Case {
    std::string text;
    std::string_view message;
  };
  const std::vector<Case> cases = {
      {"severity>=", "filter:11: expected a value here"},
      {"severity>=enormous", "filter:1: 'enormous' is no severity: info, low, medium, high, critical"},
      {"nothing=1", "filter:1: there is no field 'nothing'"},
      {"host", "filter:5: expected an operator after 'host' here"},
      {"host=a host=b", "filter:8: expected 'and', 'or' or the end, not 'host'"},
      {"(host=a", "filter:8: expected ')' here"},
      {"host=\"a", "filter:6: the quoted text does not end"},
      {"host=\"\\n\"", "filter:8: only \\\" and \\\\ are known"},
      {"host in a", "filter:9: expected '(' after 'in', not 'a'"},
      {"host in (a", "filter:11: expected ',' or ')' here"},
      {"file.size>big", "filter:1: file.size wants a whole number"},
      {"action>blocked", "filter:1: '>' cannot be used with the field 'action'"},
      {"any=x", "filter:1: '=' cannot be used with the field 'any'"},
      {"id=7", "filter:1: id wants a UUID"},
      {"time>now", "filter:1: time wants a time like 2026-11-22T23:25:15Z"},
      {"host!a", "filter:5: expected : = != < <= > >= or in, not '!'"},
      {"host=\xff", "filter:1: a value is not UTF-8"},
      {"and", "filter:4: expected an operator after 'and' here"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.text);
    const auto filter = parse_filter(c.text);
    ASSERT_FALSE(filter);
    EXPECT_EQ(filter.error().message, c.message);
    EXPECT_EQ(filter.error().code, ErrorCode::Invalid);
  }
}

TEST(Filter, HasLimits) {
  std::string terms = "host=a";
  std::string list = "host in (a";
  for (std::size_t i = 0; i < kMaxFilterTerms; ++i) terms += " or host=a";
  for (std::size_t i = 0; i < kMaxFilterValues; ++i) list += ",a";
  const std::vector<std::string> cases = {
      terms, list + ")", std::string(kMaxFilterBytes + 1, ' '),
      std::string(kMaxFilterDepth + 1, '(') + "host=a" + std::string(kMaxFilterDepth + 1, ')'),
      "host:" + std::string(kMaxFilterWildcards + 1, '*')};
  for (const std::string& text : cases) {
    SCOPED_TRACE(text.substr(0, 40));
    const auto filter = parse_filter(text);
    ASSERT_FALSE(filter);
    EXPECT_EQ(filter.error().code, ErrorCode::TooLarge);
  }
  std::string nots;
  for (std::size_t i = 0; i < 1000; ++i) nots += "not ";
  EXPECT_EQ(parse_filter(nots + "host=a").error().code, ErrorCode::TooLarge);
  EXPECT_TRUE(parse_filter(std::string(kMaxFilterDepth, '(') + "host=a" + std::string(kMaxFilterDepth, ')')));
}

TEST(Filter, JsonIsCheckedLikeText) {
  struct Case {
    std::string_view json;
    std::string_view message;
  };
  const std::vector<Case> cases = {
      {"7", ": expected an object"},
      {R"({"and":[]})", "/and: expected an array of at least two"},
      {R"({"not":{"field":"x","op":"=","value":"a"}})", "/not: there is no field 'x'"},
      {R"({"or":[{"field":"host","op":"=","value":"a"},{"field":"host","op":"~","value":"a"}]})",
       "/or/1/op: expected : = != < <= > >= or in"},
      {R"({"field":"host","op":"=","value":null})", "/value: expected a string, a whole number or a boolean"},
      {R"({"field":"host","op":"in","value":"a"})", "/value: an array goes with 'in', and only with it"},
      {R"({"field":"host","op":"=","value":"a","more":1})", ": expected field, op and value"},
      {R"({"xor":1})", "/xor: expected and, or, not or field"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.json);
    const auto filter = filter_from_json(boost::json::parse(c.json));
    ASSERT_FALSE(filter);
    EXPECT_EQ(filter.error().message, c.message);
  }
  EXPECT_TRUE(filter_from_json(boost::json::parse(R"({"field":"file.size","op":"in","value":[1,2]})")));
}

TEST(FilterFields, EachKeyIsThereOnce) {
  std::set<std::string_view> keys;
  for (const FilterField& field : filter_fields()) EXPECT_TRUE(keys.insert(field.key).second) << field.key;
  EXPECT_TRUE(keys.contains("file.path"));
}

TEST(TextPattern, MatchesWholeTextsWithWildcardsAndPartsWithout) {
  struct Case {
    std::string_view pattern;
    std::string_view text;
    bool matches;
  };
  const std::vector<Case> cases = {{"web", "my-WEB-1", true},
                                   {"web", "we", false},
                                   {"", "x", true},
                                   {"*", "", true},
                                   {"web-*", "web-1", true},
                                   {"web-*", "my-web-1", false},
                                   {"*.log", "a.log.gz", false},
                                   {"a?c", "abc", true},
                                   {"a?c", "ac", false},
                                   {"a?c", "aあc", true},
                                   {"*a*b*", "xxaxxbxx", true},
                                   {"*a*b", "xxaxxbxx", false},
                                   {"100%*", "100% sure", true},
                                   {"a_*", "abc", false},
                                   {"/etc/*", "/etc/ssh/x", true},
                                   {"あ", "いあう", true}};
  for (const Case& c : cases) EXPECT_EQ(matches_pattern(c.pattern, c.text), c.matches) << c.pattern << " / " << c.text;
}

}  // namespace
}  // namespace warder::manager
