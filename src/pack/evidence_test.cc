#include "pack/evidence.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace warder::pack {
namespace {

struct Fixture {
  crypto::SigningKey signing = crypto::SigningKey::generate();
  crypto::NoteKey key{"manager", signing.public_key()};
  std::vector<EvidenceFile> files = {{"events.jsonl", "{\"a\":1}\n"}, {"binary", std::string("\0\xff", 2)}};
  std::string bundle() {
    const std::string manifest = evidence_manifest({{"incident", 1}}, files);
    return evidence_bundle(manifest, crypto::sign_note(evidence_note_text(manifest), key.name, signing).value(),
                           key.text(), files);
  }
};

TEST(Evidence, IsCheckedWithoutAManager) {
  Fixture test;
  const auto check = check_evidence(test.bundle(), &test.key);
  ASSERT_TRUE(check) << check.error().message;
  EXPECT_EQ(check->files, 2U);
  EXPECT_EQ(check->key, test.key.text());
  EXPECT_TRUE(check_evidence(test.bundle(), nullptr));
}

TEST(Evidence, NoByteOfItCanBeChanged) {
  Fixture test;
  const std::string bundle = test.bundle();
  for (std::size_t i = 0; i < bundle.size(); ++i) {
    std::string changed = bundle;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    if (changed == bundle) continue;
    const auto check = check_evidence(changed, &test.key);
    // The key that the bundle brings is not asked when the reader has one.
    if (check) {
      EXPECT_NE(check->key, test.key.text()) << "byte " << i << " of " << bundle;
    }
  }
}

TEST(Evidence, AnotherKeyAMissingFileAndOneMoreAreFound) {
  Fixture test;
  const crypto::NoteKey other{"manager", crypto::SigningKey::generate().public_key()};
  EXPECT_EQ(check_evidence(test.bundle(), &other).error().code, ErrorCode::Forbidden);
  const std::string manifest = evidence_manifest({}, test.files);
  const std::string note = crypto::sign_note(evidence_note_text(manifest), test.key.name, test.signing).value();
  auto files = test.files;
  files.pop_back();
  EXPECT_EQ(check_evidence(evidence_bundle(manifest, note, test.key.text(), files), &test.key).error().message,
            "binary: is missing");
  files = test.files;
  files.push_back({"more", ""});
  EXPECT_FALSE(check_evidence(evidence_bundle(manifest, note, test.key.text(), files), &test.key));
  files = {test.files[0], test.files[0], test.files[1]};
  EXPECT_FALSE(check_evidence(evidence_bundle(manifest, note, test.key.text(), files), &test.key)) << "twice";
}

TEST(Evidence, WhatIsNoBundleIsRefused) {
  for (const char* text :
       {"", "[]", "{}", R"({"format":"warder-evidence-1","key":"x","manifest":"{}","signature":"","files":[]})"})
    EXPECT_FALSE(check_evidence(text, nullptr)) << text;
}

}  // namespace
}  // namespace warder::pack
