#include "manager/privacy/treatment.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "manager/privacy/pseudonym.h"

namespace warder::manager {
namespace {

using enum Treatment;

const Bytes kKey(32, 0x0B);

Event login_of(const std::string& user, const std::string& address) {
  Event event;
  event.module = ModuleKind::LogInspection;
  event.type = "log.match";
  event.set("user.name", user);
  event.set("user.id", std::int64_t{1000});
  event.set("source.ip", address);
  event.set("log.program", std::string{"sshd"});
  event.set("log.line", "Accepted publickey for " + user + " from " + address + " port 22");
  return event;
}

std::string text_of(const Event& event, std::string_view key) {
  const EventValue* const value = event.find(key);
  return value == nullptr ? "(absent)" : std::get<std::string>(*value);
}

Event treated(Event event, std::vector<CollectionRule> rules) {
  treat(event, CollectionRules::create(std::move(rules)).value(), kKey);
  return event;
}

TEST(Treatment, LeavesAnEventThatNoRuleSpeaksOf) {
  const Event event = login_of("alice", "192.0.2.1");
  EXPECT_EQ(treated(event, {}), event);
  EXPECT_EQ(treated(event, {{"ips", "identifier", Off}}), event);
  EXPECT_EQ(treated(event, {{"all", "packets", Off}}), event);
}

TEST(Treatment, TakesOutWhatIsOff) {
  const Event event = treated(login_of("alice", "192.0.2.1"), {{"log-inspection", "users", Off}});
  EXPECT_EQ(event.find("user.name"), nullptr);
  EXPECT_EQ(event.find("user.id"), nullptr);
  EXPECT_EQ(text_of(event, "source.ip"), "192.0.2.1");
  EXPECT_EQ(text_of(event, "log.line"), "Accepted publickey for [removed] from 192.0.2.1 port 22");
}

TEST(Treatment, GivesPseudonymsWhereverTheValueIsInTheEvent) {
  const Event event =
      treated(login_of("alice", "192.0.2.1"), {{"all", "users", Pseudonym}, {"all", "addresses", Pseudonym}});
  const std::string user = pseudonym_of(kKey, "alice");
  const std::string address = pseudonym_of(kKey, "192.0.2.1");
  EXPECT_EQ(text_of(event, "user.name"), user);
  EXPECT_EQ(event.find("user.id"), nullptr);
  EXPECT_EQ(text_of(event, "source.ip"), address);
  EXPECT_EQ(text_of(event, "log.line"), "Accepted publickey for " + user + " from " + address + " port 22");
  EXPECT_EQ(text_of(event, "log.program"), "sshd");
}

TEST(Treatment, ReplacesWholeWordsOnly) {
  const std::string alice = pseudonym_of(kKey, "alice");
  for (const auto& [before, after] : std::vector<std::pair<std::string, std::string>>{
           {"alice", alice},
           {"/home/alice/x", "/home/" + alice + "/x"},
           {"alice@example.com", alice + "@example.com"},
           {"it was alice.", "it was " + alice + "."},
           {"malice alices alice-admin alice.smith a.alice", "malice alices alice-admin alice.smith a.alice"},
           {"alice,alice", alice + "," + alice},
           {"日alice", "日alice"}}) {
    SCOPED_TRACE(before);
    Event event = login_of("alice", "192.0.2.1");
    event.set("log.line", before);
    EXPECT_EQ(text_of(treated(event, {{"all", "user.name", Pseudonym}}), "log.line"), after);
  }
}

TEST(Treatment, CutsWhatBecameTooLong) {
  Event event = login_of("a", "192.0.2.1");
  std::string line;
  while (line.size() + 2 <= kMaxEventTextBytes) line += "a ";
  event.set("log.line", line);
  event = treated(event, {{"all", "user.name", Pseudonym}});
  EXPECT_LE(text_of(event, "log.line").size(), kMaxEventTextBytes);
  EXPECT_EQ(*event.find("truncated"), EventValue{true});
}

TEST(Treatment, LongerNamesGoFirst) {
  Event event = login_of("bob", "192.0.2.1");
  event.set("user.login_name", std::string{"EXAMPLE bob"});
  event.set("log.line", std::string{"su by EXAMPLE bob"});
  event = treated(event, {{"all", "users", Pseudonym}});
  EXPECT_EQ(text_of(event, "log.line"), "su by " + pseudonym_of(kKey, "EXAMPLE bob"));
}

TEST(Treatment, TakesValuesOutWhateverTheRules) {
  Event event = login_of("alice", "192.0.2.1");
  event.module = ModuleKind::Manager;
  const std::vector<std::string> values{"alice", "192.0.2.1"};
  EXPECT_TRUE(take_out(event, values));
  EXPECT_EQ(text_of(event, "user.name"), "[removed]");
  EXPECT_EQ(text_of(event, "log.line"), "Accepted publickey for [removed] from [removed] port 22");
  EXPECT_FALSE(take_out(event, values));
}

RC_GTEST_PROP(TreatmentProperty, LeavesNoClearValueAndIsTheSameTwice, ()) {
  const std::string user =
      "u" + *rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::elementOf(std::string("abcxyz019-_"))));
  Event event = login_of(user, "198.51.100.7");
  event.set("process.command_line", "su - " + user + " -c 'mail " + user + "@example.com'");
  const auto is_off = *rc::gen::arbitrary<bool>();
  const CollectionRules rules =
      CollectionRules::create({{"all", "users", is_off ? Off : Pseudonym}, {"all", "addresses", Pseudonym}}).value();
  treat(event, rules, kKey);
  for (const auto& [key, value] : event.fields) {
    const auto* const text = std::get_if<std::string>(&value);
    if (text == nullptr) continue;
    RC_ASSERT(text->find("198.51.100.7") == std::string::npos);
    RC_ASSERT(text->find(" " + user + " ") == std::string::npos);
    RC_ASSERT(text->find(user + "@") == std::string::npos);
  }
  Event again = event;
  treat(again, rules, kKey);
  RC_ASSERT(again == event);
}

}  // namespace
}  // namespace warder::manager
