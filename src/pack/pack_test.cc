#include "pack/pack.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "base/file.h"
#include "pack/body.h"
#include "pack/container.h"
#include "pack/manifest.h"

namespace warder::pack {
namespace {

namespace fs = std::filesystem;

const crypto::SigningKey& key() {
  static const crypto::SigningKey kKey = crypto::SigningKey::from_seed(Bytes(32, 1)).value();
  return kKey;
}

TrustPolicy trust() {
  return {.keys = {{"test", key().public_key()}}, .engine_version = "0.1.0"};
}

PackDefinition definition() {
  return {.name = "rules", .version = "1.0", .licence = "Apache-2.0", .minimum_engine = "0.1.0"};
}

std::vector<SourceFile> sources() {
  return {{"b/two.xml", "second"}, {"a.xml", "first"}, {"empty", ""}, {"b/one.xml", std::string(300'000, 'x') + "end"}};
}

Bytes good_pack() {
  return build_pack(definition(), sources(), key()).value();
}

class Folder : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "pack-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }
  [[nodiscard]] std::ptrdiff_t entries() const { return std::distance(fs::directory_iterator{folder_}, {}); }

  fs::path folder_;
};

TEST(Pack, VerifiesWhatItBuilds) {
  const Bytes pack = good_pack();
  const VerifiedPack verified = verify_pack(pack, trust()).value();
  EXPECT_EQ(verified.signer, "test");
  EXPECT_EQ(verified.digest, to_hex(crypto::sha256(pack)));
  EXPECT_EQ(verified.bytes, pack.size());
  EXPECT_EQ(verified.manifest.name, "rules");
  ASSERT_EQ(verified.manifest.files.size(), 4U);
  EXPECT_EQ(verified.manifest.files[0].path, "a.xml");
  EXPECT_EQ(file_name(verified.manifest), "rules-1.0.wpk");
}

TEST(Pack, SameInputGivesSameBytes) {
  auto reversed = sources();
  std::reverse(reversed.begin(), reversed.end());
  EXPECT_EQ(good_pack(), build_pack(definition(), reversed, key()).value());
}

TEST(Pack, EveryPrefixIsRefused) {
  const Bytes pack = build_pack(definition(), {{"a", "content"}}, key()).value();
  for (std::size_t length = 0; length < pack.size(); ++length) {
    EXPECT_FALSE(verify_pack(ByteView{pack}.first(length), trust()).has_value()) << length;
  }
}

TEST(Pack, EveryFlippedBitIsRefused) {
  const Bytes pack = build_pack(definition(), {{"a", "content"}}, key()).value();
  for (std::size_t bit = 0; bit < pack.size() * 8; ++bit) {
    Bytes altered = pack;
    altered[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_FALSE(verify_pack(altered, trust()).has_value()) << bit;
  }
  Bytes longer = pack;
  longer.push_back(0);
  EXPECT_FALSE(verify_pack(longer, trust()).has_value());
}

TEST(Pack, OnlyTrustedKeysCount) {
  const auto verified =
      verify_pack(build_pack(definition(), sources(), crypto::SigningKey::generate()).value(), trust());
  ASSERT_FALSE(verified.has_value());
  EXPECT_EQ(verified.error().code, ErrorCode::Forbidden);
  EXPECT_FALSE(verify_pack(good_pack(), {}).has_value());
}

TEST(Pack, SignatureIsBoundToPacks) {
  // The same key signed the same bytes, but not as a pack.
  Bytes pack = good_pack();
  const Container container = parse_container(pack).value();
  const crypto::Signature other = key().sign(container.signed_bytes);
  std::copy(other.begin(), other.end(), pack.end() - std::ptrdiff_t{64});
  EXPECT_EQ(verify_pack(pack, trust()).error().code, ErrorCode::Corrupt);
}

TEST(Pack, NeedsANewEnoughEngine) {
  PackDefinition newer = definition();
  newer.minimum_engine = "99.0";
  const auto verified = verify_pack(build_pack(newer, sources(), key()).value(), trust());
  ASSERT_FALSE(verified.has_value());
  EXPECT_NE(verified.error().message.find("needs Warder 99.0"), std::string::npos);
}

/// A pack that a trusted key signed although its parts do not fit: a builder with a fault, or a stolen key.
Bytes signed_anyway(const Manifest& manifest, ByteView body) {
  return make_container(as_bytes(print_manifest(manifest)), body, key());
}

Manifest manifest_of(const std::vector<SourceFile>& files) {
  Manifest manifest{.name = "rules", .version = "1.0", .licence = "MIT", .minimum_engine = "0.1.0", .files = {}};
  for (const auto& file : files) {
    manifest.files.push_back({file.path, file.content.size(), crypto::sha256(as_bytes(file.content))});
  }
  return manifest;
}

TEST(Pack, SignedNonsenseIsRefusedToo) {
  const std::vector<SourceFile> files{{"a", "one"}, {"b", "two"}};
  const Manifest manifest = manifest_of(files);
  const Bytes body = compress_body(files);
  ASSERT_TRUE(verify_pack(signed_anyway(manifest, body), trust()).has_value());

  struct Case {
    const char* name;
    Bytes pack;
  };
  Bytes two_frames = body;
  append(two_frames, body);
  Manifest other_hash = manifest;
  other_hash.files[1].sha256[0] ^= 1;
  Manifest climbing = manifest;
  climbing.files[0].path = "../a";
  const Bytes short_body = compress_body(std::vector<SourceFile>{{"a", "one"}});
  const Bytes long_body = compress_body(std::vector<SourceFile>{{"a", "one"}, {"b", "two"}, {"c", "3"}});
  const Case cases[] = {
      {"no body", signed_anyway(manifest, {})},
      {"body is no zstd", signed_anyway(manifest, as_bytes("onetwo"))},
      {"body is cut off", signed_anyway(manifest, ByteView{body}.first(body.size() - 1))},
      {"bytes after the frame", signed_anyway(manifest, two_frames)},
      {"less content", signed_anyway(manifest, short_body)},
      {"more content", signed_anyway(manifest, long_body)},
      {"another hash", signed_anyway(other_hash, body)},
      {"path leaves the folder", signed_anyway(climbing, body)},
      {"manifest is no JSON", make_container(as_bytes("{"), body, key())},
      {"no manifest", make_container({}, body, key())},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_FALSE(verify_pack(c.pack, trust()).has_value());
  }
}

TEST(Pack, BombsAreRefused) {
  const std::vector<SourceFile> zeros{{"a", std::string(32U << 20, '\0')}};
  EXPECT_EQ(build_pack(definition(), zeros, key()).error().code, ErrorCode::TooLarge);
  EXPECT_EQ(verify_pack(signed_anyway(manifest_of(zeros), compress_body(zeros)), trust()).error().code,
            ErrorCode::TooLarge);
}

TEST(Pack, OversizedPacksAreRefusedAtOnce) {
  EXPECT_EQ(verify_pack(Bytes(kMaxPackBytes + 1), trust()).error().code, ErrorCode::TooLarge);
}

TEST(Pack, BuilderNamesWhatIsWrong) {
  PackDefinition bad = definition();
  bad.version = "one";
  EXPECT_NE(build_pack(bad, sources(), key()).error().message.find("/version"), std::string::npos);
  EXPECT_NE(build_pack(definition(), {{"../x", ""}}, key()).error().message.find("../x"), std::string::npos);
  EXPECT_FALSE(build_pack(definition(), {}, key()).has_value());
}

TEST_F(Folder, UnpacksPrivately) {
  const fs::path target = folder_ / "out";
  ASSERT_TRUE(unpack_pack(good_pack(), trust(), target).has_value());
  EXPECT_EQ(read_file(target / "a.xml").value(), "first");
  EXPECT_EQ(read_file(target / "b" / "two.xml").value(), "second");
  EXPECT_EQ(read_file(target / "empty").value(), "");
  EXPECT_EQ(read_file(target / "b" / "one.xml").value(), std::string(300'000, 'x') + "end");
  EXPECT_EQ(entries(), 1);
  struct stat status {};
  ASSERT_EQ(::stat((target / "a.xml").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(Folder, BadPacksLeaveNothing) {
  Manifest wrong = manifest_of(sources());
  std::sort(wrong.files.begin(), wrong.files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  wrong.files.back().sha256[0] ^= 1;  // found only after the other files were written
  auto files = sources();
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  EXPECT_FALSE(unpack_pack(signed_anyway(wrong, compress_body(files)), trust(), folder_ / "out").has_value());
  EXPECT_EQ(entries(), 0);
}

TEST_F(Folder, UnpackingTwiceKeepsTheFirst) {
  const fs::path target = folder_ / "out";
  ASSERT_TRUE(unpack_pack(good_pack(), trust(), target).has_value());
  std::ofstream{target / "mark"} << "1";
  ASSERT_TRUE(unpack_pack(good_pack(), trust(), target).has_value());
  EXPECT_TRUE(fs::exists(target / "mark"));
  EXPECT_EQ(entries(), 1);
}

TEST_F(Folder, SourceFoldersRoundTrip) {
  ASSERT_TRUE(unpack_pack(good_pack(), trust(), folder_ / "out").has_value());
  EXPECT_EQ(build_pack(definition(), read_source_folder(folder_ / "out").value(), key()).value(), good_pack());
  fs::create_symlink("/etc/passwd", folder_ / "out" / "link");
  EXPECT_FALSE(read_source_folder(folder_ / "out").has_value());
  EXPECT_FALSE(read_source_folder(folder_ / "none").has_value());
}

TEST_F(Folder, TrustedKeysAreReadByName) {
  EXPECT_TRUE(load_trusted_keys(folder_ / "none").value().empty());
  std::ofstream{folder_ / "vendor.pub"} << to_base64(key().public_key()) << "\n";
  std::ofstream{folder_ / "README"} << "not a key";
  const auto keys = load_trusted_keys(folder_).value();
  ASSERT_EQ(keys.size(), 1U);
  EXPECT_EQ(keys[0].name, "vendor");
  EXPECT_EQ(keys[0].key, key().public_key());
  std::ofstream{folder_ / "bad.pub"} << "AAAA\n";
  EXPECT_FALSE(load_trusted_keys(folder_).has_value());
}

}  // namespace
}  // namespace warder::pack
