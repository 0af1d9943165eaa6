#include "engines/integrity/scope.h"

#include <gtest/gtest.h>

namespace warder::integrity {
namespace {

Scope make(const std::vector<std::string>& watch, const std::vector<std::string>& exclude = {}) {
  auto scope = Scope::create(watch, exclude);
  EXPECT_TRUE(scope) << scope.error().message;
  return *scope;
}

TEST(Scope, CoversWhatIsWatchedAndNotExcluded) {
  const Scope scope = make({"/etc", "/home/*/.ssh/authorized_keys", "/srv/**/site.conf", "/opt/v?"},
                           {"/etc/mtab", "/etc/cache", "*.swp", "/srv/old/**"});
  struct Case {
    const char* path;
    bool is_covered;
    bool may_contain;
  };
  for (const Case& c : std::vector<Case>{
           {"/", false, true},
           {"/etc", true, true},
           {"/etc/a/b", true, true},
           {"/etcetera", false, false},
           {"/etc/mtab", false, false},
           {"/etc/cache/x", false, false},
           {"/etc/a/.x.swp", false, false},
           {"/home", false, true},
           {"/home/bob", false, true},
           {"/home/bob/.ssh", false, true},
           {"/home/bob/.ssh/authorized_keys", true, true},
           {"/home/bob/.ssh/id", false, false},
           {"/home/a/b/.ssh/authorized_keys", false, false},
           {"/srv/site.conf", true, true},
           {"/srv/a/b/site.conf", true, true},
           {"/srv/a/b", false, true},
           {"/srv/old/site.conf", false, false},
           {"/opt/v1", true, true},
           {"/opt/v12", false, false},
           {"/usr", false, false},
       }) {
    SCOPED_TRACE(c.path);
    const auto position = scope.find(c.path);
    EXPECT_EQ(position.is_covered(), c.is_covered);
    EXPECT_EQ(position.may_contain(), c.may_contain);
  }
}

TEST(Scope, NamesTheItemThatCovers) {
  const Scope scope = make({"/etc/ssh", "/etc"});
  const auto id = [&](const char* path) { return scope.first_rule(scope.find(path), host::FileKind::Regular)->id; };
  EXPECT_EQ(id("/etc/ssh/x"), "/etc/ssh");
  EXPECT_EQ(id("/etc/passwd"), "/etc");
}

TEST(Scope, WatchingTheRootWatchesEverything) {
  const Scope scope = make({"/"}, {"/proc"});
  EXPECT_TRUE(scope.find("/a").is_covered());
  EXPECT_FALSE(scope.find("/proc/1").may_contain());
}

TEST(Scope, LooksUpNamesInsteadOfListing) {
  const Scope scope = make({"/etc", "/home/*/.ssh", "/root/.ssh/authorized_keys"});
  EXPECT_EQ(scope.literal_names(scope.root()), (std::vector<std::string>{"etc", "home", "root"}));
  EXPECT_EQ(scope.literal_names(scope.find("/home")), std::nullopt);
  EXPECT_EQ(scope.literal_names(scope.find("/etc")), std::nullopt);
  EXPECT_EQ(scope.literal_names(scope.find("/root/.ssh")), (std::vector<std::string>{"authorized_keys"}));
}

TEST(Scope, RefusesBadItemsByPlace) {
  struct Case {
    std::vector<std::string> watch;
    std::vector<std::string> exclude;
    const char* message;
  };
  for (const Case& c : std::vector<Case>{
           {{"/etc", "etc"}, {}, "watch/1: not an absolute path"},
           {{"/etc/../root"}, {}, "watch/0: \".\" and \"..\" are not followed"},
           {{"/etc"}, {"a/b"}, "exclude/0: not an absolute path"},
           {{"/etc"}, {"/"}, "exclude/0: excludes everything"},
       }) {
    const auto scope = Scope::create(c.watch, c.exclude);
    ASSERT_FALSE(scope);
    EXPECT_EQ(scope.error().message, c.message);
    EXPECT_EQ(scope.error().code, ErrorCode::Invalid);
  }
}

TEST(Scope, TextRoundTrips) {
  const Scope scope = make({"/etc", "/a\nb\\c"}, {"*.swp", "-x"});
  const auto again = Scope::parse(scope.text());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->text(), scope.text());
  EXPECT_TRUE(again->find("/a\nb\\c").is_covered());
  EXPECT_NE(scope.text(), make({"/etc"}).text());
}

TEST(Scope, AManyStarPatternStaysFast) {
  std::string pattern;
  std::string path;
  for (int i = 0; i < 60; ++i) pattern += "/**";
  for (int i = 0; i < 200; ++i) path += "/a";
  EXPECT_TRUE(make({pattern + "/a"}).find(path).is_covered());
  EXPECT_FALSE(make({pattern + "/b"}).find(path).is_covered());
}

}  // namespace
}  // namespace warder::integrity
