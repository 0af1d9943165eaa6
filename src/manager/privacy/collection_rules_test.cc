#include "manager/privacy/collection_rules.h"

#include <gtest/gtest.h>

namespace warder::manager {
namespace {

using enum Treatment;

CollectionRules rules_of(std::vector<CollectionRule> rules) {
  return CollectionRules::create(std::move(rules)).value();
}

std::string refusal_of(CollectionRule rule) {
  const auto made = CollectionRules::create({{"all", "packets", Off}, std::move(rule)});
  return made ? "" : made.error().message;
}

TEST(CollectionRules, AreOfAModuleAndAField) {
  const CollectionRules rules = rules_of({{"ips", "source.ip", Pseudonym}, {"all", "process.command_line", Off}});
  EXPECT_EQ(rules.of(ModuleKind::Ips, "source.ip"), Pseudonym);
  EXPECT_EQ(rules.of(ModuleKind::Firewall, "source.ip"), Keep);
  EXPECT_EQ(rules.of(ModuleKind::Integrity, "process.command_line"), Off);
  EXPECT_EQ(rules.of(ModuleKind::Agent, "process.command_line"), Off);
  EXPECT_EQ(rules.of(ModuleKind::Integrity, "no.such.field"), Keep);
}

TEST(CollectionRules, NeverTouchTheManagersOwnEvents) {
  EXPECT_EQ(rules_of({{"all", "identifier", Off}}).of(ModuleKind::Manager, "user.name"), Keep);
  EXPECT_EQ(refusal_of({"manager", "users", Off}).substr(0, 15), "/rules/1/module");
}

TEST(CollectionRules, OfAGroupOrAClassReachEachOfItsFields) {
  for (const DataGroup& group : data_groups()) {
    SCOPED_TRACE(group.name);
    const CollectionRules rules = rules_of({{"all", std::string{group.name}, Off}});
    for (const std::string_view field : group.fields) {
      ASSERT_NE(find_event_field(field), nullptr) << field;
      EXPECT_NE(find_event_field(field)->personal_data, PersonalData::None) << field;
      EXPECT_EQ(rules.of(ModuleKind::Ips, field), Off) << field;
    }
  }
  const CollectionRules rules = rules_of({{"all", "identifier", Off}, {"all", "content", Off}});
  for (const EventField& field : event_fields())
    EXPECT_EQ(rules.of(ModuleKind::Ips, field.key), field.personal_data == PersonalData::None ? Keep : Off)
        << field.key;
}

TEST(CollectionRules, TheStrongestCounts) {
  const CollectionRules rules =
      rules_of({{"all", "users", Pseudonym}, {"integrity", "user.name", Off}, {"all", "user.login_name", Pseudonym}});
  EXPECT_EQ(rules.of(ModuleKind::Integrity, "user.name"), Off);
  EXPECT_EQ(rules.of(ModuleKind::LogInspection, "user.name"), Pseudonym);
}

TEST(CollectionRules, ANumberOfAUserGoesWhereNamesHavePseudonyms) {
  const CollectionRules rules = rules_of({{"all", "users", Pseudonym}});
  EXPECT_EQ(rules.of(ModuleKind::Integrity, "user.id"), Off);
  EXPECT_EQ(rules.of(ModuleKind::Integrity, "file.uid"), Off);
}

TEST(CollectionRules, AreRefusedWithTheirPlace) {
  EXPECT_EQ(refusal_of({"nothing", "users", Off}).substr(0, 15), "/rules/1/module");
  EXPECT_EQ(refusal_of({"ips", "nothing", Off}).substr(0, 13), "/rules/1/data");
  EXPECT_EQ(refusal_of({"ips", "file.size", Off}).substr(0, 13), "/rules/1/data");
  EXPECT_EQ(refusal_of({"ips", "none", Off}).substr(0, 13), "/rules/1/data");
  EXPECT_EQ(refusal_of({"ips", "command-lines", Pseudonym}).substr(0, 18), "/rules/1/treatment");
  EXPECT_EQ(refusal_of({"ips", "user.id", Pseudonym}).substr(0, 18), "/rules/1/treatment");
  EXPECT_EQ(refusal_of({"ips", "users", Keep}).substr(0, 18), "/rules/1/treatment");
  EXPECT_EQ(refusal_of({"all", "packets", Off}).substr(0, 13), "/rules/1/data");
  EXPECT_EQ(refusal_of({"ips", "users", Pseudonym}), "");
}

}  // namespace
}  // namespace warder::manager
