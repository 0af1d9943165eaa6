#include "agent/signature_folder.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "agent/content_packs.h"
#include "base/file.h"

namespace warder::agent {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;

class SignatureFolderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "signatures-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    sources_ = {folder_ / "content", folder_ / "share", folder_ / "state"};
    for (const char* each : {"share/antimalware/test", "state"}) fs::create_directories(folder_ / each);
    write("share/antimalware/test/own.yar", "rule own { condition: false }");
    write("share/antimalware/README.md", "not a signature");
  }
  void TearDown() override { fs::remove_all(folder_); }
  void write(const std::string& path, const std::string& text) const {
    ASSERT_TRUE(write_file_atomically(folder_ / path, text));
  }
  /// Installs a pack, with one file of a set when `large` is not empty.
  void install(const std::string& name, const std::string& version, const std::string& rule, const std::string& large) {
    std::vector<pack::SourceFile> files = {{"rules/a.yar", rule}};
    Bytes chunk;
    if (!large.empty()) {
      write("source", large);
      pack::FileSet set;
      set.made = parse_rfc3339("2026-11-20T10:00:00Z").value();
      const auto take = [&](const pack::Chunk&, ByteView bytes) -> Result<void> {
        chunk = pack::compress_chunk(bytes);
        return {};
      };
      set.files.push_back(pack::cut_file(folder_ / "source", "main.ndb", pack::kMaxSetBytes, take).value());
      files.push_back({std::string(pack::kFileSetName), pack::print_file_set(set)});
    }
    const Bytes pack = pack::build_pack({name, version, "MIT", "0.1.0"}, files, key_).value();
    auto packs = ContentPacks::open(sources_.content, {key_.public_key()}, [](const ContentOutcome& outcome) {
                   EXPECT_EQ(outcome.error, "");
                 }).value();
    protocol::ContentOffer offer;
    auto& wire = *offer.add_packs();
    wire.set_name(name);
    wire.set_digest(to_hex(crypto::sha256(pack)));
    wire.set_bytes(pack.size());
    for (auto request = packs->on_offer(offer); request;) {
      const Bytes& body = request->digest() == wire.digest() ? pack : chunk;
      protocol::ContentChunk answer;
      answer.set_digest(request->digest());
      answer.set_data(body.data(), body.size());
      answer.set_last(true);
      request = packs->on_chunk(answer);
    }
  }
  static std::string content(const SignatureFolder& signatures, const std::string& name) {
    return read_file(signatures.folder / name).value_or("none");
  }

  fs::path folder_;
  SignatureSources sources_;
  crypto::SigningKey key_ = crypto::SigningKey::generate();
};

TEST_F(SignatureFolderTest, WhatCameWithTheAgentIsEnoughToBegin) {
  const SignatureFolder made = make_signature_folder(sources_).value();
  EXPECT_EQ(made.files, 1U);
  EXPECT_EQ(content(made, "shipped-test-own.yar"), "rule own { condition: false }");
  EXPECT_FALSE(made.made.has_value());
  EXPECT_EQ(made.version.size(), 64U);
  EXPECT_EQ(make_signature_folder(sources_).value().version, made.version);
}

TEST_F(SignatureFolderTest, PacksAndTheSetAreInIt) {
  const SignatureFolder before = make_signature_folder(sources_).value();
  install("antimalware-signatures", "1.0", "rule a { condition: false }", "Test:0:*:414243");
  const SignatureFolder made = make_signature_folder(sources_).value();
  EXPECT_NE(made.version, before.version);
  EXPECT_EQ(made.files, 3U);
  EXPECT_EQ(content(made, "main.ndb"), "Test:0:*:414243");
  EXPECT_EQ(content(made, "antimalware-signatures-rules-a.yar"), "rule a { condition: false }");
  EXPECT_EQ(made.made, parse_rfc3339("2026-11-20T10:00:00Z").value());
  EXPECT_EQ(content(before, "shipped-test-own.yar"), "rule own { condition: false }");  // still there for its scanner
  remove_other_signature_folders(sources_, made.version);
  EXPECT_FALSE(fs::exists(before.folder));
  EXPECT_EQ(content(made, "main.ndb"), "Test:0:*:414243");
}

TEST_F(SignatureFolderTest, OtherPacksAreNot) {
  install("ips-rules", "1.0", "rule a { condition: false }", "");
  EXPECT_EQ(make_signature_folder(sources_).value().files, 1U);
}

TEST_F(SignatureFolderTest, FoldersOfTheHostAreTakenAndNoticedWhenTheyChange) {
  const auto folder = sources_.state / "host";
  std::filesystem::create_directories(folder);
  sources_.folders = {folder, folder / "absent"};
  const auto before = make_signature_folder(sources_).value();
  std::ofstream(folder / "local.yar") << "rule a { condition: false }";
  const auto with = make_signature_folder(sources_).value();
  EXPECT_EQ(with.files, before.files + 1);
  EXPECT_NE(with.version, before.version);
  EXPECT_FALSE(with.made) << "only databases have a date";
  std::ofstream(folder / "local.yar") << "rule longer { condition: false }";
  EXPECT_NE(make_signature_folder(sources_).value().version, with.version);
  std::ofstream(folder / "main.cvd") << "x";
  EXPECT_TRUE(make_signature_folder(sources_).value().made);
}

TEST_F(SignatureFolderTest, AgeIsOfWhatWasPublished) {
  const Timestamp now = parse_rfc3339("2026-11-26T10:30:00Z").value();
  SignatureFolder signatures;
  EXPECT_FALSE(signature_age(signatures, now, hours(24)).is_too_old);
  signatures.made = parse_rfc3339("2026-11-26T09:00:00Z").value();
  EXPECT_EQ(signature_age(signatures, now, hours(24)).age, hours(1));
  EXPECT_FALSE(signature_age(signatures, now, hours(1)).is_too_old);
  signatures.made = parse_rfc3339("2026-11-24T09:00:00Z").value();
  EXPECT_TRUE(signature_age(signatures, now, hours(48)).is_too_old);
  signatures.made = now + hours(5);  // a clock that went back
  EXPECT_EQ(signature_age(signatures, now, hours(1)).age, hours(0));
}

}  // namespace
}  // namespace warder::agent
