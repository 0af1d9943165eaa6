#include "manager/privacy/subject_requests.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "manager/events/filter.h"
#include "manager/events/testing.h"
#include "manager/privacy/collection_settings.h"

namespace warder::manager {
namespace {

using std::chrono::days;

struct SubjectRequestsTest : ::testing::Test {
  TestEvents events{{}, {audit_schema(), collection_schema(), subject_requests_schema()}};
  AuditLog audit{*events.tenants(), events.clock()};
  Messages messages;
  std::vector<User> users;
  PersonData data{*events.tenants(), *events,
                  [this](const TenantScope&, std::size_t, std::string_view) -> Result<UserPage> {
                    return UserPage{users, {}};
                  },
                  messages};
  SubjectRequests requests{*events.tenants(), audit, *events, data, events.clock()};

  SubjectRequest open(SubjectRight right = SubjectRight::Access, std::vector<std::string> values = {"alice"}) {
    return requests.open(events.scope(), {right, "Alice Example, alice@example.com", std::move(values), {}}).value();
  }
  SubjectRequest step(const SubjectRequest& request, SubjectStep step, const std::string& note = "by letter") {
    return requests.step(events.scope(), request.id, step, note).value();
  }
  static Event change_by(const std::string& user, ModuleKind module = ModuleKind::Integrity) {
    Event event = make_event(kNow);
    event.module = module;
    event.set("user.name", user);
    event.set("process.command_line", "vi /home/" + user + "/x");
    return event;
  }
  std::vector<std::string> actions() {
    std::vector<std::string> found;
    const AuditPage page = audit.list(events.scope(), {}).value();
    for (const AuditEntry& entry : page.items) found.push_back(entry.record.action);
    return found;
  }
  std::size_t told() { return events.all(parse_filter("type=privacy.request.overdue").value()).size(); }
};

TEST_F(SubjectRequestsTest, ARequestGoesItsWay) {
  const SubjectRequest made = open();
  EXPECT_EQ(state_of(made.times, kNow), SubjectState::Received);
  EXPECT_EQ(requests.step(events.scope(), made.id, SubjectStep::Complete, "sent").error().code, ErrorCode::Conflict);
  step(made, SubjectStep::CheckIdentity);
  step(made, SubjectStep::Extend, "many systems; told by letter");
  const SubjectRequest done = step(made, SubjectStep::Complete, "sent by letter");
  EXPECT_EQ(state_of(done.times, kNow), SubjectState::Done);
  EXPECT_EQ(requests.step(events.scope(), made.id, SubjectStep::Refuse, "no").error().code, ErrorCode::Conflict);
  const SubjectRequest read = requests.find(events.scope(), made.id).value();
  EXPECT_EQ(read.draft.person, "Alice Example, alice@example.com");
  ASSERT_EQ(read.notes.size(), 3U);
  EXPECT_EQ(read.notes.at(1).text, "many systems; told by letter");
  EXPECT_EQ(actions(), (std::vector<std::string>{"subject-request.complete", "subject-request.extend",
                                                 "subject-request.check-identity", "subject-request.open"}));
}

TEST_F(SubjectRequestsTest, NothingOfThePersonIsInTheClearOrInTheAuditLog) {
  const SubjectRequest made = open();
  step(made, SubjectStep::CheckIdentity, "passport of Alice Example");
  auto db = events.tenants()->config(events.scope()).acquire().value();
  const auto row = db->prepare("SELECT details FROM subject_requests").value();
  ASSERT_TRUE(row->bind(std::span<const DbValue>{}));
  const Bytes box = row->step().value()->bytes(0);
  EXPECT_EQ(as_text(box).find("Alice"), std::string_view::npos);
  const AuditPage page = audit.list(events.scope(), {}).value();
  for (const AuditEntry& entry : page.items)
    EXPECT_EQ(json::serialize(entry.record.detail).find("lice"), std::string::npos);
}

TEST_F(SubjectRequestsTest, AreRefusedWithTheirPlace) {
  const auto refusal = [&](SubjectDraft draft) { return requests.open(events.scope(), draft).error().message; };
  EXPECT_EQ(refusal({SubjectRight::Access, " ", {"alice"}, {}}).substr(0, 7), "/person");
  EXPECT_EQ(refusal({SubjectRight::Access, "A", {}, {}}).substr(0, 7), "/values");
  EXPECT_EQ(refusal({SubjectRight::Access, "A", {"a"}, {}}).substr(0, 7), "/values");
  EXPECT_EQ(refusal({SubjectRight::Access, "A", {"alice"}, kNow + days{1}}).substr(0, 9), "/received");
  EXPECT_EQ(requests.step(events.scope(), open().id, SubjectStep::Refuse, " ").error().message.substr(0, 5), "/note");
}

TEST_F(SubjectRequestsTest, DataIsFoundByWholeWordsAndByPseudonyms) {
  ASSERT_TRUE(events.ingest({{1, change_by("alice")}, {2, change_by("malice")}, {3, change_by("Alice")}}));
  CollectionSettings settings{*events.tenants(), audit, events.clock()};
  Event hidden = change_by("alice");
  ASSERT_TRUE(settings.replace(events.scope(), {{"all", "users", Treatment::Pseudonym}}));
  std::vector<Event*> taken{&hidden};
  ASSERT_TRUE(settings.apply(events.scope(), taken));
  ASSERT_TRUE(events.ingest({{4, hidden}}));
  User account;
  account.username = "alice";
  User other;
  other.username = "bob";
  users = {account, other};

  const SubjectRequest made = open();
  EXPECT_EQ(requests.data(events.scope(), made.id).error().code, ErrorCode::Conflict) << "identity not checked";
  step(made, SubjectStep::CheckIdentity);
  const json::object found = requests.data(events.scope(), made.id).value();
  EXPECT_EQ(found.at("events").as_array().size(), 2U);
  EXPECT_EQ(found.at("accounts").as_array().size(), 1U);
  EXPECT_TRUE(found.at("complete").as_bool());
  EXPECT_EQ(actions().front(), "subject-request.export");
}

TEST_F(SubjectRequestsTest, ErasureTakesThePersonOutOfEventsAndLeavesTheRest) {
  ASSERT_TRUE(events.ingest({{1, change_by("alice")}, {2, change_by("bob")}}));
  ASSERT_TRUE(events->record(events.scope(), change_by("alice", ModuleKind::Manager)));
  const std::int64_t counted = events.counted();
  const SubjectRequest made = open(SubjectRight::Erasure);
  EXPECT_EQ(requests.erase(events.scope(), made.id).error().code, ErrorCode::Conflict) << "identity not checked";
  step(made, SubjectStep::CheckIdentity);
  const PersonErasure erasure = requests.erase(events.scope(), made.id).value();
  EXPECT_EQ(erasure.events, 1U);
  EXPECT_EQ(erasure.kept, 1U);
  EXPECT_TRUE(erasure.is_complete);
  EXPECT_EQ(erasure.sha256.size(), 64U);
  EXPECT_EQ(events.all(parse_filter("user.name=alice and module=integrity").value()).size(), 0U);
  EXPECT_EQ(events.all(parse_filter("user.name=alice and module=manager").value()).size(), 1U);
  const auto erased = events.all(parse_filter("user.name=\"[removed]\"").value());
  ASSERT_EQ(erased.size(), 1U);
  EXPECT_EQ(std::get<std::string>(*erased.front().event.find("process.command_line")), "vi /home/[removed]/x");
  EXPECT_EQ(std::get<std::string>(*erased.front().event.find("file.path")), "/etc/passwd");
  EXPECT_EQ(events.all(parse_filter("user.name=bob").value()).size(), 1U);
  EXPECT_EQ(events.counted(), counted);
  EXPECT_EQ(actions().front(), "subject-request.erase");
}

TEST_F(SubjectRequestsTest, OnlyARequestOfErasureErases) {
  const SubjectRequest made = open(SubjectRight::Objection);
  step(made, SubjectStep::CheckIdentity);
  EXPECT_EQ(requests.erase(events.scope(), made.id).error().code, ErrorCode::Conflict);
}

TEST_F(SubjectRequestsTest, WhatIsOverdueIsToldOnce) {
  const SubjectRequest waiting = open();
  const SubjectRequest answered = open();
  step(answered, SubjectStep::Refuse, "not known here");
  ASSERT_TRUE(requests.tell_overdue(events.scope()));
  EXPECT_EQ(told(), 0U);
  events.clock().advance(days{31});
  ASSERT_TRUE(requests.tell_overdue(events.scope()));
  ASSERT_TRUE(requests.tell_overdue(events.scope()));
  EXPECT_EQ(told(), 1U);
  EXPECT_EQ(state_of(requests.find(events.scope(), waiting.id).value().times, requests.now()), SubjectState::Overdue);
}

TEST_F(SubjectRequestsTest, WhatIsWrittenDownTooLateIsToldAtOnce) {
  SubjectDraft draft = open().draft;
  draft.received = kNow - days{60};
  ASSERT_TRUE(requests.open(events.scope(), draft));
  EXPECT_EQ(told(), 1U);
  ASSERT_TRUE(requests.tell_overdue(events.scope()));
  EXPECT_EQ(told(), 1U);
}

TEST_F(SubjectRequestsTest, AnExtendedOneIsOverdueLater) {
  const SubjectRequest made = open();
  step(made, SubjectStep::Extend, "many systems");
  events.clock().advance(days{40});
  ASSERT_TRUE(requests.tell_overdue(events.scope()));
  EXPECT_EQ(told(), 0U);
  events.clock().advance(days{60});
  ASSERT_TRUE(requests.tell_overdue(events.scope()));
  EXPECT_EQ(told(), 1U);
}

TEST(SubjectRequestsSchema, IsWhole) {
  const std::vector<FeatureSchema> schemas{subject_requests_schema()};
  EXPECT_TRUE(check_schemas(schemas));
}

}  // namespace
}  // namespace warder::manager
