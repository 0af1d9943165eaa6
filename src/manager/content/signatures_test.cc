#include "manager/content/signatures.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "base/file.h"
#include "host/testing/clock.h"
#include "manager/tenancy/testing.h"

namespace warder::manager {
namespace {

std::string random_text(std::size_t bytes, unsigned seed) {
  std::mt19937_64 random(seed);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same in every run
  std::string text;
  while (text.size() < bytes) text += std::to_string(random()) + '\n';
  return text;
}

class SignaturesTest : public ::testing::Test {
 protected:
  pack::SetFile cut(const std::string& name, const std::string& content) {
    const auto path = tenants_.directory() / "source";
    EXPECT_TRUE(write_file_atomically(path, content));
    parts_.clear();
    return pack::cut_file(path, name, pack::kMaxSetBytes,
                          [this](const pack::Chunk& chunk, ByteView bytes) -> Result<void> {
                            parts_[chunk.digest] = Bytes(bytes.begin(), bytes.end());
                            return {};
                          })
        .value();
  }
  /// As the CLI does it. Returns how many chunks travelled.
  Result<std::size_t> put(const std::string& name, const std::string& content) {
    const pack::SetFile file = cut(name, content);
    std::vector<std::string> digests;
    for (const pack::Chunk& chunk : file.chunks) digests.push_back(chunk.digest);
    const auto missing = signatures_.missing_chunks(scope_, digests).value();
    for (const std::string& digest : missing) EXPECT_EQ(signatures_.add_chunk(scope_, parts_[digest])->digest, digest);
    WD_TRY(signatures_.put_file(scope_, file, "upload"));
    return missing.size();
  }
  Bytes fetch(const std::string& digest) {
    Bytes all;
    for (bool is_last = false; !is_last;) {
      const auto piece = content_.fetch(scope_, digest, all.size(), 10'000).value();
      append(all, piece.data);
      is_last = piece.last;
    }
    return all;
  }
  std::int64_t chunks() {
    const auto db = tenants_->config(scope_).acquire().value();
    const auto statement = db->prepare("SELECT COUNT(*) FROM signature_chunks").value();
    return statement->step().value()->integer(0);
  }

  TestTenants tenants_{{audit_schema(), content_schema()}};
  warder::testing::ManualClock clock_;
  AuditLog audit_{*tenants_, clock_};
  TenantScope scope_ = tenants_.scope("user:test");
  Content content_{*tenants_, audit_, clock_, {.keys = {}}};
  SignatureFacts facts_;
  std::string refusal_;
  Signatures signatures_{*tenants_, audit_, content_, clock_,
                         [this](const std::filesystem::path&) -> Result<SignatureFacts> {
                           if (!refusal_.empty()) return fail(ErrorCode::Invalid, refusal_);
                           return facts_;
                         }};
  std::map<std::string, Bytes> parts_;
};

TEST_F(SignaturesTest, AgentsGetTheChunksOfWhatIsPublished) {
  const std::string text = random_text(2'000'000, 1);
  ASSERT_TRUE(put("main.ndb", text));
  ASSERT_TRUE(put("own.yar", "rule own { condition: false }"));
  EXPECT_FALSE(signatures_.published(scope_)->has_value());
  const ContentPack pack = signatures_.publish(scope_).value();
  EXPECT_TRUE(pack.active);
  EXPECT_EQ(pack.name, kSignaturePack);
  EXPECT_EQ(pack.signer, "manager");

  // The agent's side: its keys, its parsers.
  const Bytes bytes = fetch(pack.digest);
  const pack::TrustPolicy trust{content_.trusted_keys(scope_).value(), WARDER_VERSION};
  ASSERT_TRUE(pack::verify_pack(bytes, trust));
  const auto set = signatures_.published(scope_).value()->set;
  ASSERT_EQ(set.files.size(), 2U);
  std::string joined;
  for (const pack::Chunk& chunk : set.files[0].chunks)
    joined += as_text(pack::unpack_chunk(fetch(chunk.digest), chunk).value());
  EXPECT_EQ(joined, text);
}

TEST_F(SignaturesTest, OnlyWhatIsNewTravels) {
  std::string text = random_text(6'000'000, 1);
  const std::size_t all = put("main.ndb", text).value();
  EXPECT_EQ(put("main.ndb", text).value(), 0U);
  text.insert(3'000'000, "Test:0:*:00\n");
  EXPECT_LE(put("main.ndb", text).value(), 3U);
  EXPECT_GT(all, 8U);
}

TEST_F(SignaturesTest, WhatTheScannerRefusesChangesNothing) {
  ASSERT_TRUE(put("main.ndb", "good"));
  refusal_ = "main.ndb: Malformed database";
  const auto refused = put("main.ndb", "bad");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, refusal_);
  EXPECT_EQ(signatures_.files(scope_)->front().file.bytes, 4U);
}

TEST_F(SignaturesTest, FilesThatAreNotWhatTheyAreSaidToBeAreRefused) {
  pack::SetFile file = cut("main.ndb", "content");
  EXPECT_EQ(signatures_.put_file(scope_, file, "upload").error().code, ErrorCode::Invalid);  // no chunk was sent
  ASSERT_TRUE(signatures_.add_chunk(scope_, as_bytes("content")));
  file.sha256 = std::string(64, '0');
  EXPECT_EQ(signatures_.put_file(scope_, file, "upload").error().code, ErrorCode::Invalid);
  file = cut("main.ndb", "content");
  file.name = "../main.ndb";
  EXPECT_EQ(signatures_.put_file(scope_, file, "upload").error().code, ErrorCode::Invalid);
  file.name = "main.exe";
  EXPECT_EQ(signatures_.put_file(scope_, file, "upload").error().code, ErrorCode::Invalid);
  EXPECT_EQ(signatures_.add_chunk(scope_, Bytes(pack::kMaxChunkBytes + 1)).error().code, ErrorCode::TooLarge);
  EXPECT_EQ(signatures_.publish(scope_).error().code, ErrorCode::Conflict);
}

TEST_F(SignaturesTest, AnOlderDatabaseNeverReplacesANewerOne) {
  facts_ = {parse_rfc3339("2026-11-26T08:00:00Z").value(), 27'000};
  ASSERT_TRUE(put("daily.cvd", "27000"));
  EXPECT_EQ(signatures_.files(scope_)->front().made, *facts_.made);
  facts_.version = 26'999;
  EXPECT_EQ(put("daily.cvd", "26999").error().code, ErrorCode::Conflict);
  facts_.version = 27'001;
  EXPECT_TRUE(put("daily.cvd", "27001"));
}

TEST_F(SignaturesTest, PublishingTheSameTwiceIsOnePack) {
  ASSERT_TRUE(put("main.ndb", "content"));
  const auto first = signatures_.publish(scope_).value();
  clock_.advance(std::chrono::hours(5));
  EXPECT_EQ(signatures_.publish(scope_)->digest, first.digest);
  ASSERT_TRUE(signatures_.remove_file(scope_, "main.ndb"));
  EXPECT_EQ(signatures_.remove_file(scope_, "main.ndb").error().code, ErrorCode::NotFound);
  ASSERT_TRUE(put("other.ndb", "content"));
  EXPECT_NE(signatures_.publish(scope_)->digest, first.digest);
}

TEST_F(SignaturesTest, WhatIsNotUsedAnyMoreGoes) {
  for (unsigned i = 0; i < 5; ++i) {
    ASSERT_TRUE(put("main.ndb", random_text(100'000, i)));
    ASSERT_TRUE(signatures_.publish(scope_));
    clock_.advance(std::chrono::hours(30));
  }
  EXPECT_EQ(chunks(), 2);  // of the last set and of the one before
  ASSERT_TRUE(content_.roll_back(scope_, kSignaturePack));
  const auto before = signatures_.published(scope_).value();
  ASSERT_TRUE(before.has_value());
  EXPECT_FALSE(fetch(before->set.files[0].chunks[0].digest).empty());
}

TEST_F(SignaturesTest, ChangesAreAudited) {
  ASSERT_TRUE(put("main.ndb", "content"));
  ASSERT_TRUE(signatures_.publish(scope_));
  std::set<std::string> actions;
  const AuditPage page = audit_.list(scope_, {}).value();
  for (const auto& entry : page.items) actions.insert(entry.record.action);
  EXPECT_EQ(actions, (std::set<std::string>{"signatures.put", "content.import", "content.activate"}));
}

TEST(SignatureNames, AreThoseThatTheScannerReads) {
  for (const char* name : {"main.cvd", "a.NDB", "x.yar", "list.sha256", "bundle.stix.json", "all.whx", "near.tlsh"})
    EXPECT_TRUE(is_signature_name(name)) << name;
  for (const char* name : {"main", ".cvd", "a.exe", "a.json", ""}) EXPECT_FALSE(is_signature_name(name)) << name;
}

}  // namespace
}  // namespace warder::manager
