#include "manager/trials/path_trial.h"

#include <gtest/gtest.h>

#include <string>

namespace warder::manager {
namespace {

json::object trial(const std::string& rules, json::array paths) {
  return {{"rules", rules}, {"paths", std::move(paths)}};
}

TEST(PathTrial, SaysOfEachPathWhatWatchesIt) {
  const json::object result =
      judge_paths(trial(R"(<FileSet base="/etc"><include key="*.conf"/></FileSet>)",
                        {json::object{{"path", "/etc/a.conf"}}, json::object{{"path", "/etc/b"}}}))
          .value();
  EXPECT_EQ(result.at("rules"), 1);
  EXPECT_TRUE(result.at("problem").is_null());
  const json::array& results = result.at("results").as_array();
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0].at("watched"), true);
  EXPECT_EQ(results[0].at("sets").at(0).at("by").at("key"), "*.conf");
  EXPECT_EQ(results[1].at("watched"), false);
  EXPECT_EQ(results[1].at("sets").at(0).at("decision"), "not-included");
}

TEST(PathTrial, ReadsWhatAFileIsSupposedToBe) {
  const json::object was{{"permissions", "0600"}, {"owner", 0}, {"group", 0}, {"content", "a"}};
  const json::object is{{"permissions", "4755"}, {"owner", 7}, {"size", 12}, {"content", "a"}};
  const json::object result =
      judge_paths(trial("FileSet: {base: /usr, attributes: [permissions, owner, size, sha256]}",
                        {json::object{{"path", "/usr/x"}, {"type", "file"}, {"was", was}, {"is", is}},
                         json::object{{"path", "/usr/x"}, {"type", "directory"}}}))
          .value();
  const json::value& change = result.at("results").at(0).at("changes").at(0);
  EXPECT_EQ(change.at("change"), "updated");
  EXPECT_EQ(change.at("was"), (json::object{{"size", 1}, {"permissions", "0600"}, {"owner", 0}}));
  EXPECT_EQ(change.at("is"), (json::object{{"size", 12}, {"permissions", "4755"}, {"owner", 7}}));
  EXPECT_EQ(result.at("results").at(1).at("sets").at(0).at("decision"), "other-kind");
}

TEST(PathTrial, TellsWhyRulesAreRefused) {
  const json::object result = judge_paths(trial("<FileSet/>", {json::object{{"path", "/etc"}}})).value();
  EXPECT_EQ(result.at("rules"), 0);
  EXPECT_TRUE(result.at("problem").is_string());
  EXPECT_TRUE(result.at("results").as_array().empty());
}

TEST(PathTrial, SetsOfWhatIsNoFileAreCounted) {
  const json::object result = judge_paths(trial("<UserSet/>", {json::object{{"path", "/etc/passwd"}}})).value();
  EXPECT_EQ(result.at("others"), 1);
  EXPECT_EQ(result.at("results").at(0).at("watched"), false);
}

TEST(PathTrial, RefusesWhatIsNoTrial) {
  EXPECT_EQ(judge_paths({}).error().code, ErrorCode::Invalid);
  const json::object wild{{"permissions", "rwx"}};
  EXPECT_FALSE(judge_paths(trial("<FileSet base=\"/\"/>", {json::object{{"path", "/a"}, {"is", wild}}})));
}

}  // namespace
}  // namespace warder::manager
