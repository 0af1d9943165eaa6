#include "manager/tenancy/key_ring.h"

#include <gtest/gtest.h>

#include <set>

namespace warder::manager {
namespace {

constexpr SealedPlace kMail{"users", "u1", "email"};

FeatureSchema people() {
  return {.feature = "people",
          .migrations = {{1,
                          "people",
                          {"CREATE TABLE users (id TEXT PRIMARY KEY, email BLOB, seed BLOB, note BLOB, plain BLOB)"}}},
          .fields = {{"users", "id", PersonalData::Identifier},
                     {"users", "email", PersonalData::Contact, "id"},
                     {"users", "seed", PersonalData::Secret, "id"},
                     {"users", "note", PersonalData::Content, "id"},
                     {"users", "plain", PersonalData::Secret}}};
}

TEST(KeyClasses, AColumnsClassComesFromItsDeclaration) {
  const std::vector<FeatureSchema> schemas = {people()};
  const KeyClasses classes{schemas};
  EXPECT_EQ(classes.of(kMail), KeyClass::Contact);
  EXPECT_EQ(classes.of({"users", "u1", "seed"}), KeyClass::Secrets);
  EXPECT_EQ(classes.of({"users", "u1", "note"}), KeyClass::Content);
  EXPECT_EQ(classes.of({"users", "u1", "plain"}), KeyClass::Other) << "not declared as sealed";
  EXPECT_EQ(classes.of({"notes", "1", "email"}), KeyClass::Other);
  for (const KeyClass one : kKeyClasses) EXPECT_EQ(parse_key_class(name(one)).value(), one);
  EXPECT_FALSE(parse_key_class("tenant"));
}

TEST(KeyClasses, ContactDataThatIsNotSealedIsRefused) {
  EXPECT_TRUE(check_schemas(std::vector{people()}));
  FeatureSchema open = people();
  open.fields[1].sealed_row = {};
  EXPECT_EQ(check_schemas(std::vector{open}).error().message,
            "users.email is contact data and not sealed (StoredField::sealed_row)");
  FeatureSchema text = people();
  text.migrations[0].statements[0] =
      "CREATE TABLE users (id TEXT PRIMARY KEY, email TEXT, seed BLOB, note BLOB, plain BLOB)";
  EXPECT_EQ(check_schemas(std::vector{text}).error().message, "users.email is sealed and not a BLOB");
}

TEST(KeyRing, TheBoxNamesClassAndEpochAndStaysInItsPlace) {
  const KeyRing ring = KeyRing::dead("t1");
  const Bytes box = ring.seal(KeyClass::Contact, kMail, as_bytes("a@example.org"));
  const auto header = crypto::read_sealed_header(box).value();
  EXPECT_EQ(header.key_id, "t1/contact");
  EXPECT_EQ(header.epoch, 1U);
  EXPECT_TRUE(ring.is_current(KeyClass::Contact, header));
  EXPECT_FALSE(ring.is_current(KeyClass::Secrets, header));
  EXPECT_EQ(as_text(ring.open(kMail, box).value()), "a@example.org");
  EXPECT_EQ(ring.open({"users", "u2", "email"}, box).error().code, ErrorCode::Corrupt);
  EXPECT_EQ(ring.open({"users", "u1", "seed"}, box).error().code, ErrorCode::Corrupt);
}

TEST(KeyRing, ClassesHaveKeysOfTheirOwn) {
  const KeyRing ring = KeyRing::dead("t1");
  std::set<Bytes> keys;
  for (const auto& [key_class, epochs] : ring.class_keys())
    keys.insert(Bytes{epochs.front().key().begin(), epochs.front().key().end()});
  keys.insert(Bytes{ring.tenant_key().key().begin(), ring.tenant_key().key().end()});
  EXPECT_EQ(keys.size(), std::size(kKeyClasses) + 1);
}

TEST(KeyRing, AKeyThatIsMissingIsToldFromSomebodyElses) {
  const KeyRing ring = KeyRing::dead("t1");
  const crypto::DataKey later = crypto::DataKey::generate("t1/contact", 2);
  EXPECT_EQ(ring.open(kMail, crypto::seal(later, "t1|users|u1|email", {})).error().code, ErrorCode::NotFound);
  const KeyRing other = KeyRing::dead("t10");
  EXPECT_EQ(ring.open(kMail, other.seal(KeyClass::Contact, kMail, {})).error().code, ErrorCode::Corrupt);
}

}  // namespace
}  // namespace warder::manager
