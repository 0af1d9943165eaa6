#include "engines/integrity/net_change.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace warder::integrity {
namespace {

constexpr Timestamp kStart = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22};

/// A file as a host has it.
struct File {
  std::string content;
  std::string mode;
  std::string owner;
  friend bool operator==(const File&, const File&) = default;
};
using Maybe = std::optional<File>;

std::string state_of(const File& file) {
  return file.content + "/" + file.mode + "/" + file.owner;
}

/// Events as agents make them of what becomes of files.
class History {
 public:
  void file(const std::string& path, const Maybe& was, const Maybe& is) {
    Event& event = add(!was ? "integrity.file.created" : !is ? "integrity.file.deleted" : "integrity.file.updated");
    event.set("file.path", path);
    describe(event, is ? *is : *was);
    if (is) event.set("file.state", state_of(*is));
    if (was && is) differences(event, *was, *is);
  }
  void rename(const std::string& from, const std::string& to, const File& file) {
    Event& event = add("integrity.file.renamed");
    event.set("file.path", to);
    event.set("file.path.was", from);
    describe(event, file);
    event.set("file.state", state_of(file));
  }
  Event& entity(const std::string& what, const std::string& attributes, const std::string& was, const std::string& is) {
    Event& event = add("integrity.entity." + what);
    event.set("entity.kind", std::string("UserSet"));
    event.set("entity.key", std::string("ann"));
    event.set("change.attributes", attributes);
    if (!was.empty()) event.set("change.was", was);
    if (!is.empty()) event.set("change.is", is);
    return event;
  }
  Event& add(const std::string& type) {
    Event event;
    event.time = kStart + std::chrono::minutes(static_cast<int>(events.size()));
    event.module = ModuleKind::Integrity;
    event.type = type;
    event.severity = Severity::High;
    events.push_back(std::move(event));
    return events.back();
  }
  [[nodiscard]] std::vector<NetChange> net() const {
    NetChanges changes;
    for (auto event = events.rbegin(); event != events.rend(); ++event) changes.add_earlier(*event);
    return std::move(changes).take();
  }

  std::vector<Event> events;

 private:
  static void describe(Event& event, const File& file) {
    event.set("file.type", std::string("file"));
    event.set("file.hash.sha256", file.content);
    event.set("file.mode", file.mode);
    event.set("file.owner", file.owner);
  }
  static void differences(Event& event, const File& was, const File& is) {
    std::string words;
    const auto differ = [&](const char* word, const char* field, const std::string& before, const std::string& now) {
      if (before == now) return;
      words += (words.empty() ? "" : ",") + std::string(word);
      event.set(field, before);
    };
    differ("content", "file.hash.sha256.was", was.content, is.content);
    differ("mode", "file.mode.was", was.mode, is.mode);
    differ("owner", "file.owner.was", was.owner, is.owner);
    event.set("change.attributes", words);
  }
};

const File kOld{"aa", "0644", "root"};
const File kNew{"bb", "0600", "root"};

TEST(NetChange, GoesFromTheFirstOldValueToTheNewest) {
  History history;
  history.file("/etc/a", kOld, File{"bb", "0644", "root"});
  history.file("/etc/a", File{"bb", "0644", "root"}, File{"cc", "0600", "root"});
  const auto net = history.net();
  ASSERT_EQ(net.size(), 1U);
  EXPECT_EQ(net[0].net(), NetKind::Updated);
  const auto differences = net[0].differences();
  EXPECT_EQ(differences.size(), 2U);
  EXPECT_EQ(differences.at("content"), (NetAttribute{"aa", "cc", true}));
  EXPECT_EQ(differences.at("mode"), (NetAttribute{"0644", "0600", true}));
  EXPECT_EQ(net[0].reports.size(), 2U);
  EXPECT_EQ(net[0].reports.front().time, kStart + std::chrono::minutes(1)) << "the newest first";
}

TEST(NetChange, WhatCameBackOrWentAgainIsNone) {
  History history;
  history.file("/changed-back", kOld, kNew);
  history.file("/changed-back", kNew, kOld);
  history.file("/made-and-gone", {}, kNew);
  history.file("/made-and-gone", kNew, {});
  history.rename("/here", "/there", kOld);
  history.rename("/there", "/here", kOld);
  history.entity("deleted", "uid,shell", "uid=7, shell=/bin/sh", "");
  history.entity("created", "uid,shell", "", "uid=7, shell=/bin/sh");
  EXPECT_TRUE(history.net().empty());
}

TEST(NetChange, IsNeverNoneWhereItIsNotKnown) {
  History history;
  history.file("/replaced", kOld, {});  // what the deleted one had beside these, nobody told
  history.file("/replaced", {}, kOld);
  Event& acl = history.add("integrity.file.updated");
  acl.set("file.path", std::string("/acl"));
  acl.set("change.attributes", std::string("acl"));
  Event& again = history.add("integrity.file.updated");
  again.set("file.path", std::string("/acl"));
  again.set("change.attributes", std::string("acl"));
  history.entity("deleted", "uid", "uid=7", "").set("truncated", true);
  history.entity("created", "uid", "", "uid=7");
  const auto net = history.net();
  ASSERT_EQ(net.size(), 3U);
  EXPECT_EQ(net[0].kind, "user");
  EXPECT_EQ(net[0].net(), NetKind::Updated);
  EXPECT_EQ(net[0].differences().at("uid"), (NetAttribute{{}, "7", false})) << "what it was, was cut off";
  EXPECT_EQ(net[1].key, "/acl");
  EXPECT_EQ(net[1].net(), NetKind::Updated);
  EXPECT_EQ(net[1].differences().at("acl"), (NetAttribute{{}, {}, true}));
  EXPECT_EQ(net[2].key, "/replaced");
  EXPECT_EQ(net[2].net(), NetKind::Replaced);
}

TEST(NetChange, WhatOnlyOneEndHasDiffers) {
  History history;
  Event& link = history.add("integrity.file.deleted");
  link.set("file.path", std::string("/a"));
  link.set("file.type", std::string("symlink"));
  link.set("file.target", std::string("/x"));
  history.file("/a", {}, kNew);
  const auto differences = history.net().at(0).differences();
  EXPECT_EQ(differences.at("type"), (NetAttribute{"symlink", "file", false}));
  EXPECT_EQ(differences.at("target"), (NetAttribute{"/x", {}, false}));
  EXPECT_EQ(differences.at("content"), (NetAttribute{{}, "bb", false}));

  History silent;  // the last two events do not tell the size
  silent.file("/b", kOld, kNew);
  silent.events[0].set("file.size", std::int64_t{7});
  silent.file("/b", kNew, {});
  silent.file("/b", {}, kNew);
  EXPECT_EQ(silent.net().at(0).differences().at("size"), (NetAttribute{"7", {}, false}));
}

TEST(NetChange, ARenameIsOneThatWentAndOneThatCame) {
  History history;
  history.file("/new", {}, kNew);
  history.rename("/new", "/newer", kNew);
  history.rename("/old", "/older", kOld);
  const auto net = history.net();
  ASSERT_EQ(net.size(), 3U);
  EXPECT_EQ(net[0].moved_to + net[1].moved_to, "/older");
  EXPECT_EQ(net[0].moved_from + net[1].moved_from, "/old");
  EXPECT_EQ(net[2].key, "/newer");
  EXPECT_EQ(net[2].net(), NetKind::Created);
  EXPECT_EQ(net[2].moved_from, "/new");
}

TEST(NetChange, ValuesOfWhatIsNoFileAreTakenApartByTheirNames) {
  History history;
  history.entity("updated", "comment,groups,shell", "comment=a, b=c, shell=/bin/sh", "comment=, groups=x, y, shell=");
  const auto differences = history.net().at(0).differences();
  EXPECT_EQ(differences.at("comment"), (NetAttribute{"a, b=c", "", true}));
  EXPECT_EQ(differences.at("groups"), (NetAttribute{"", "x, y", true}));
  EXPECT_EQ(differences.at("shell"), (NetAttribute{"/bin/sh", "", true}));
}

TEST(NetChange, IsExplainedWhenEveryReportIs) {
  History history;
  history.file("/a", kOld, kNew);
  history.file("/a", kNew, File{"cc", "0600", "root"});
  history.events[1].set("change.explained_by", std::string("package a 1"));
  history.events[1].severity = Severity::Info;
  EXPECT_FALSE(history.net().at(0).is_explained());
  EXPECT_EQ(history.net().at(0).severity(), Severity::High);
  history.events[0].set("change.explained_by", std::string("approval of ann"));
  EXPECT_TRUE(history.net().at(0).is_explained());
}

TEST(NetChange, GroupOwnersAndKindsShareOneFormerValue) {
  History history;
  Event& group = history.add("integrity.file.attributes");
  group.set("file.path", std::string("/a"));
  group.set("file.group", std::string("adm"));
  group.set("file.gid", std::int64_t{4});
  group.set("change.attributes", std::string("group"));
  group.set("change.was", std::string("root"));
  Event& kind = history.add("integrity.file.updated");
  kind.set("file.path", std::string("/b"));
  kind.set("file.type", std::string("symlink"));
  kind.set("file.gid", std::int64_t{5});
  kind.set("change.attributes", std::string("type,group"));
  kind.set("change.was", std::string("file"));
  const auto net = history.net();
  EXPECT_EQ(net.at(1).differences().at("group"), (NetAttribute{"root", "adm", true}));
  EXPECT_EQ(net.at(0).differences().at("type"), (NetAttribute{"file", "symlink", true}));
  EXPECT_EQ(net.at(0).differences().at("group"), (NetAttribute{{}, "5", true}));
}

/// One path lives through `steps`: each a number that says what happens next.
Maybe next_state(const Maybe& is, int step) {
  if (is && step % 5 == 0) return std::nullopt;
  return File{step % 2 == 0 ? "aa" : "bb", step % 3 == 0 ? "0644" : "0600", step % 7 == 0 ? "root" : "ann"};
}

TEST(NetChange, EqualContentHasEqualDigests) {
  History history;
  for (const auto& [was, is] : {std::pair("aa", "bb"), std::pair("bb", "aa")}) {
    Event& event = history.add("integrity.file.updated");
    event.set("file.path", std::string("/etc/motd"));
    event.set("change.attributes", std::string("content,md5"));
    event.set("file.hash.sha256.was", std::string(was));
    event.set("file.hash.sha256", std::string(is));
    const auto net = history.net();
    ASSERT_EQ(net.size(), std::string_view(is) == "bb" ? 1U : 0U);
    for (const NetChange& change : net) {
      EXPECT_TRUE(change.differences().contains("md5")) << "events have no value of it";
    }
  }
}

TEST(NetChange, AnotherKindLeavesUnknownWhatTheFirstOneHad) {
  History history;
  Event& event = history.add("integrity.file.updated");
  event.set("file.path", std::string("/etc/motd"));
  event.set("change.attributes", std::string("type"));
  event.set("file.type", std::string("regular"));
  event.set("file.size", std::int64_t{5});
  const auto differences = history.net().at(0).differences();
  ASSERT_TRUE(differences.contains("size"));
  EXPECT_FALSE(differences.at("size").was);
  EXPECT_EQ(differences.at("size").is, "5");
}

RC_GTEST_PROP(NetChangeProperty, EqualsTheDifferenceOfBothEnds,
              (bool was_there, const std::vector<std::uint8_t>& steps)) {
  const Maybe first = was_there ? Maybe(kOld) : std::nullopt;
  Maybe is = first;
  bool was_away = false;
  History history;
  for (const std::uint8_t step : steps) {
    const Maybe next = next_state(is, step);
    if (next == is) continue;
    history.file("/etc/a", is, next);
    is = next;
    was_away = was_away || !is;
  }
  const auto net = history.net();
  if (!first && !is) {
    RC_ASSERT(net.empty());
  } else if (first && is) {
    RC_ASSERT(net.empty() == (*first == *is && !was_away));
    if (net.empty()) return;
    RC_ASSERT((net[0].net() == NetKind::Replaced) == (*first == *is));
    const auto differences = net[0].differences();
    RC_ASSERT(differences.contains("content") == (first->content != is->content));
    RC_ASSERT(differences.contains("mode") == (first->mode != is->mode));
    RC_ASSERT(differences.contains("owner") == (first->owner != is->owner));
    if (first->mode != is->mode) {
      RC_ASSERT(differences.at("mode").was == first->mode);
      RC_ASSERT(differences.at("mode").is == is->mode);
    }
  } else if (history.events.empty()) {
    RC_ASSERT(net.empty());
  } else {
    RC_ASSERT(net.at(0).net() == (is ? NetKind::Created : NetKind::Deleted));
    const auto differences = net[0].differences();
    const NetAttribute content = differences.at("content");
    RC_ASSERT((is ? content.is == is->content : content.was == first->content));
  }
}

RC_GTEST_PROP(NetChangeProperty, ItMakesNoDifferenceWhereAHistoryIsCut, (const std::vector<std::uint8_t>& steps)) {
  // Reports may be missing: any order of them is folded the same.
  std::vector<NetChange> parts;
  History history;
  for (const std::uint8_t step : steps) {
    if (step % 11 == 0) {
      history.rename("/etc/a", "/etc/b", kOld);
    } else if (step % 13 == 0) {
      history.rename("/etc/b", "/etc/a", kNew);
    } else {
      const Maybe was = step % 4 == 0 ? std::nullopt : next_state({}, step / 4);
      history.file("/etc/a", was, was && step % 3 == 0 ? std::nullopt : next_state({}, step));
    }
    for (NetChange& change : net_changes_of(history.events.back()))
      if (change.key == "/etc/a") parts.push_back(std::move(change));
  }
  const auto fold = [&](std::size_t from, std::size_t to) {
    NetChange all = parts.at(from);
    for (std::size_t i = from + 1; i < to; ++i) all = combine(all, parts.at(i));
    return all;
  };
  for (std::size_t cut = 1; cut < parts.size(); ++cut)
    RC_ASSERT(combine(fold(0, cut), fold(cut, parts.size())) == fold(0, parts.size()));
}

}  // namespace
}  // namespace warder::integrity
