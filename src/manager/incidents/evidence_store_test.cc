#include "manager/incidents/evidence_store.h"

#include <gtest/gtest.h>

#include "manager/incidents/testing.h"
#include "pack/evidence.h"

namespace warder::manager {
namespace {

class EvidenceStoreTest : public ::testing::Test, protected TestIncidents {
 protected:
  EvidenceStore evidence_{*events_.tenants(), audit_, incidents_, events_.clock()};
  const Incident incident_ = declare("worm");
};

TEST_F(EvidenceStoreTest, ABundleIsSignedAndSaysWhoHadIt) {
  ASSERT_TRUE(evidence_.take(scope_, incident_.id, "mail.eml", "file", std::string("\0\x01 spam", 7)));
  const EvidenceBundle bundle = evidence_.bundle(scope_, incident_.id, "for the police").value();
  const crypto::NoteKey key = audit_.key(scope_).value();
  const auto check = pack::check_evidence(bundle.text, &key);
  ASSERT_TRUE(check) << check.error().message;
  EXPECT_EQ(check->files, 1U);
  EXPECT_NE(check->manifest.find("for the police"), std::string::npos);
  EXPECT_NE(check->manifest.find("\"action\":\"taken\""), std::string::npos);
  const auto custody = evidence_.custody(scope_, incident_.id).value();
  ASSERT_EQ(custody.size(), 2U);
  EXPECT_EQ(custody[1].action, "bundled");
  EXPECT_EQ(custody[1].subject, bundle.sha256);
  EXPECT_EQ(audit_.list(scope_, {}).value().items.front().record.action, "incident.evidence.bundled");
}

TEST_F(EvidenceStoreTest, ContentIsSealedWhereItIsStored) {
  const EvidenceItem item = evidence_.take(scope_, incident_.id, "a.txt", "file", "a secret of somebody").value();
  auto db = events_.tenants()->config(scope_).acquire().value();
  const StmtHandle statement = db->prepare("SELECT content FROM incident_evidence").value();
  const Bytes stored = statement->step().value()->bytes(0);
  EXPECT_EQ(as_text(stored).find("secret"), std::string_view::npos);
  EXPECT_EQ(item.bytes, 20);
}

TEST_F(EvidenceStoreTest, WhatWasChangedIsFoundWithoutABundle) {
  ASSERT_TRUE(evidence_.take(scope_, incident_.id, "a.txt", "file", "as it was"));
  ASSERT_TRUE(evidence_.take(scope_, incident_.id, "b.txt", "file", "as well"));
  EXPECT_EQ(evidence_.verify(scope_, incident_.id).value(), 2);
  EXPECT_EQ(evidence_.custody(scope_, incident_.id).value().size(), 2U) << "to look is no step of custody";
  auto db = events_.tenants()->config(scope_).acquire().value();
  ASSERT_TRUE(db->execute("UPDATE incident_evidence SET sha256 = 'no' WHERE name = 'b.txt'"));
  EXPECT_EQ(evidence_.verify(scope_, incident_.id).error().code, ErrorCode::Corrupt);
}

TEST_F(EvidenceStoreTest, AChainOfCustodyThatWasChangedIsRefused) {
  ASSERT_TRUE(evidence_.take(scope_, incident_.id, "a", "file", "x"));
  ASSERT_TRUE(evidence_.take(scope_, incident_.id, "b", "file", "y"));
  ASSERT_TRUE(evidence_.bundle(scope_, incident_.id, "for the police"));
  const auto chain = evidence_.custody(scope_, incident_.id).value();
  const AuditRecord record = audit_.list(scope_, {}).value().items.front().record;
  EXPECT_EQ(std::string_view(record.detail.at("hash").as_string()), chain.back().hash) << "the audit log has it";
  auto db = events_.tenants()->config(scope_).acquire().value();
  for (const auto& [change, back] : {std::pair{"UPDATE incident_custody SET actor = 'user:2' WHERE number = 1",
                                               "UPDATE incident_custody SET actor = 'user:1' WHERE number = 1"},
                                     std::pair{"UPDATE incident_custody SET time = time + 1 WHERE number = 2",
                                               "UPDATE incident_custody SET time = time - 1 WHERE number = 2"},
                                     std::pair{"UPDATE incident_custody SET number = 9 WHERE number = 2",
                                               "UPDATE incident_custody SET number = 2 WHERE number = 9"}}) {
    SCOPED_TRACE(change);
    ASSERT_TRUE(db->execute(change));
    EXPECT_EQ(evidence_.custody(scope_, incident_.id).error().code, ErrorCode::Corrupt);
    EXPECT_EQ(evidence_.bundle(scope_, incident_.id, "again").error().code, ErrorCode::Corrupt);
    EXPECT_FALSE(evidence_.take(scope_, incident_.id, "c", "file", "z"));
    ASSERT_TRUE(db->execute(back));
    ASSERT_TRUE(evidence_.custody(scope_, incident_.id));
  }
  ASSERT_TRUE(db->execute("DELETE FROM incident_custody WHERE number = 1"));
  EXPECT_EQ(evidence_.custody(scope_, incident_.id).error().code, ErrorCode::Corrupt) << "one is gone";
}

TEST_F(EvidenceStoreTest, WhatIsNotWhatWasTakenIsNotBundled) {
  ASSERT_TRUE(evidence_.take(scope_, incident_.id, "a", "file", "x"));
  auto db = events_.tenants()->config(scope_).acquire().value();
  ASSERT_TRUE(db->execute("UPDATE incident_evidence SET sha256 = 'ab'"));
  EXPECT_EQ(evidence_.bundle(scope_, incident_.id, "for the police").error().code, ErrorCode::Corrupt);
}

TEST_F(EvidenceStoreTest, LimitsAndNamesHold) {
  for (const char* name : {"", "../etc", ".hidden", "a b", "a/b"})
    EXPECT_TRUE(evidence_.take(scope_, incident_.id, name, "file", "x").error().message.starts_with("/name")) << name;
  ASSERT_TRUE(evidence_.take(scope_, incident_.id, "a", "file", "x"));
  EXPECT_EQ(evidence_.take(scope_, incident_.id, "a", "file", "y").error().code, ErrorCode::Conflict);
  EXPECT_EQ(evidence_.take(scope_, incident_.id, "b", "file", std::string(kMaxEvidenceItemBytes + 1, 'x')).error().code,
            ErrorCode::TooLarge);
  EXPECT_FALSE(evidence_.bundle(scope_, incident_.id, " "));
}

}  // namespace
}  // namespace warder::manager
