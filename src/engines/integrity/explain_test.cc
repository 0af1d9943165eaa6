#include "engines/integrity/explain.h"

#include <gtest/gtest.h>

#include "crypto/content_hash.h"
#include "engines/integrity/observe.h"
#include "host/testing/facts.h"
#include "host/testing/file_tree.h"

namespace warder::integrity {
namespace {

Timestamp at(const char* text) {
  return *parse_rfc3339(text);
}

Entity changed_at(Timestamp time) {
  Entity entity;
  entity.stat.kind = host::FileKind::Regular;
  entity.stat.changed_ns = to_micros(time) * 1000;
  entity.digest = crypto::sha256(as_bytes("x"));
  return entity;
}

TEST(Allowance, SaysWhatIsWrong) {
  struct Case {
    const char* text;
    const char* message;
  };
  const std::vector<Case> cases = {
      {"", "none of ticket"},
      {"path=/etc", "none of ticket"},
      {"ticket=1 from=2026-01-01T00:00:00Z", "both|dates"},
      {"ticket=1 from=2026-01-02T00:00:00Z to=2026-01-01T00:00:00Z", "ends before"},
      {"window=a from=02:00", "hours"},
      {"window=a from=2:00 to=03:00", "not an hour"},
      {"window=a from=02:00 to=24:01", "not an hour"},
      {"window=a from=02:00 to=03:00 on=someday", "not a day"},
      {"approved=me path=/etc", "needs path and sha256"},
      {"approved=me path=etc sha256=00", "absolute"},
      {"approved=me path=/etc sha256=00", "64 digits"},
      {"ticket=1 window=2", "only one"},
      {"ticket", "name=value"},
      {"colour=red", "not one of"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.text);
    const auto parsed = Allowance::parse(c.text);
    ASSERT_FALSE(parsed);
    const std::string wanted = c.message;
    const auto bar = wanted.find('|');
    EXPECT_NE(parsed.error().message.find(wanted.substr(bar == std::string::npos ? 0 : bar + 1)), std::string::npos)
        << parsed.error().message;
  }
}

TEST(Allowance, CoversItsTimesAndPaths) {
  struct Case {
    const char* text;
    const char* path;
    const char* time;
    bool is_covered;
  };
  const char* ticket = "ticket=C-1 from=2026-11-26T22:00:00Z to=2026-11-27T02:00:00Z path=/etc/nginx/** path=/srv/*";
  const char* night = "window=night on=sat from=23:00 to=02:00";  // 2026-11-28 is a Saturday
  const char* day = "window=day from=09:00 to=10:00";
  const std::vector<Case> cases = {
      {ticket, "/etc/nginx/a/b", "2026-11-26T22:00:00Z", true},
      {ticket, "/srv/x", "2026-11-27T02:00:00Z", true},
      {ticket, "/srv/x/y", "2026-11-27T01:00:00Z", false},
      {ticket, "/etc/passwd", "2026-11-27T01:00:00Z", false},
      {ticket, "/srv/x", "2026-11-27T02:00:01Z", false},
      {ticket, "/srv/x", "2026-11-26T21:59:59Z", false},
      {night, "/a", "2026-11-28T23:30:00Z", true},
      {night, "/a", "2026-11-29T01:59:00Z", true},
      {night, "/a", "2026-11-29T02:00:00Z", false},
      {night, "/a", "2026-11-28T01:00:00Z", false},
      {night, "/a", "2026-11-29T23:30:00Z", false},
      {day, "/a", "2026-11-26T09:00:00Z", true},
      {day, "/a", "2026-11-26T10:00:00Z", false},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(std::string(c.text) + " " + c.path + " " + c.time);
    const auto allowance = Allowance::parse(c.text);
    ASSERT_TRUE(allowance) << allowance.error().message;
    const Entity is = changed_at(at(c.time));
    EXPECT_EQ(allowance->covers({c.path, nullptr, &is, at("2020-01-01T00:00:00Z")}), c.is_covered);
    // Of what is gone only the time it was found is known.
    EXPECT_EQ(allowance->covers({c.path, &is, nullptr, at(c.time)}), c.is_covered);
  }
}

TEST(Allowance, AnApprovalIsOfOneContent) {
  const Entity is = changed_at(at("2026-11-26T22:00:00Z"));
  const std::string digest = to_hex(*is.digest);
  const auto allowance = Allowance::parse("approved=alice path=/etc/motd sha256=" + digest);
  ASSERT_TRUE(allowance);
  EXPECT_EQ(allowance->label(), "approval of alice");
  EXPECT_TRUE(allowance->covers({"/etc/motd", nullptr, &is, {}}));
  EXPECT_FALSE(allowance->covers({"/etc/issue", nullptr, &is, {}}));
  EXPECT_FALSE(allowance->covers({"/etc/motd", &is, nullptr, {}}));
  Entity other = is;
  other.digest = crypto::sha256(as_bytes("y"));
  EXPECT_FALSE(allowance->covers({"/etc/motd", &is, &other, {}}));
}

TEST(Golden, IsTheSameWhateverItsTimesAndPlace) {
  const Entity is = changed_at(at("2026-11-26T22:00:00Z"));
  Entity golden = is;
  golden.stat.inode = 99;
  golden.stat.modified_ns = golden.stat.changed_ns = 7;
  EXPECT_TRUE(is_as_golden(is, golden));
  golden.stat.mode = 04755;
  EXPECT_FALSE(is_as_golden(is, golden));
  golden = is;
  golden.digest.reset();  // nothing is known of its content
  EXPECT_FALSE(is_as_golden(is, golden));
}

// The digest for whoever has only one of the two files says the same as the comparison of both.
TEST(Golden, StatesAreEqualWhenFilesAre) {
  const Entity file = changed_at(at("2026-01-01T00:00:00Z"));
  std::vector<Entity> entities(11, file);
  entities[1].stat.changed_ns = entities[1].stat.modified_ns = entities[1].stat.born_ns = 7;
  entities[1].stat.inode = entities[1].stat.links = 9;
  entities[2].stat.mode = 04755;
  entities[3].stat.uid = 1;
  entities[4].stat.gid = 1;
  entities[5].digest = crypto::sha256(as_bytes("y"));
  entities[5].stat.bytes = 9;
  entities[6].extras.acl = "user::rw-";
  entities[7].extras.attributes = "user::rw-";  // the same text elsewhere is something else
  entities[8].extras.capabilities = "user::rw-";
  entities[9].digest.reset();
  entities[10].stat.kind = host::FileKind::Directory;
  entities[10].digest.reset();
  entities.push_back(entities[10]);
  entities.back().stat.bytes = 4096;  // how a file system keeps a directory is not the same everywhere
  entities.push_back(entities[10]);
  entities.back().stat.kind = host::FileKind::Symlink;
  entities.back().target = "/a";
  for (std::size_t i = 0; i < entities.size(); ++i) {
    for (std::size_t j = 0; j < entities.size(); ++j) {
      const auto state = golden_state(entities[i]);
      EXPECT_EQ(state && state == golden_state(entities[j]), is_as_golden(entities[i], entities[j])) << i << ' ' << j;
    }
  }
}

class PackagesTest : public ::testing::Test {
 protected:
  PackagesTest() {
    crypto::ContentHash md5(crypto::HashAlgorithm::Md5);
    md5.update(as_bytes("program"));
    tree_.write("/var/lib/dpkg/status", "Package: tool\nStatus: install ok installed\nVersion: 1.2-3\n");
    tree_.write("/var/lib/dpkg/info/tool:amd64.list", "/.\n/bin\n/bin/tool\n");
    tree_.write("/var/lib/dpkg/info/tool:amd64.md5sums", to_hex(as_bytes(md5.finish())) + "  bin/tool\n");
    tree_.write("/usr/bin/tool", "program");
  }
  Entity look(const std::string& path) {
    auto directory = tree_.open(std::string(host::parent_of(path)));
    return (*observe(**directory, std::string(host::base_of(path)), {kFileStandard, 1 << 20, false}))->entity;
  }
  std::string explain(const Entity* was, const Entity& is) {
    const std::vector<Unexplained> changes = {{"/usr/bin/tool", was, &is, {}}};
    const auto explained = explain_by_packages(changes, tree_, facts_);
    EXPECT_TRUE(explained);
    return explained && !explained->empty() ? explained->begin()->second : "";
  }

  host::testing::MemoryFileTree tree_;
  host::testing::FixedFacts facts_;
};

TEST_F(PackagesTest, ExplainWhatTheyBroughtToTheLastByte) {
  const Entity is = look("/usr/bin/tool");
  Entity was = is;
  was.digest = crypto::sha256(as_bytes("old"));
  EXPECT_EQ(explain(&was, is), "package tool 1.2-3");
  EXPECT_EQ(explain(nullptr, is), "package tool 1.2-3");
  tree_.write("/usr/bin/tool", "trojan!");
  EXPECT_EQ(explain(&was, look("/usr/bin/tool")), "");
  EXPECT_EQ(explain(&was, is), "");  // no longer what was seen
}

TEST_F(PackagesTest, DoNotExplainRights) {
  const Entity is = look("/usr/bin/tool");
  Entity was = is;
  was.stat.mode = 0600;
  EXPECT_EQ(explain(&was, is), "");
  for (const std::uint32_t mode : {04755U, 02755U, 0777U}) {
    Entity risky = is;
    risky.stat.mode = mode;
    EXPECT_EQ(explain(nullptr, risky), "") << mode;
  }
  Entity foreign = is;
  foreign.stat.uid = 1000;
  EXPECT_EQ(explain(nullptr, foreign), "");
}

}  // namespace
}  // namespace warder::integrity
