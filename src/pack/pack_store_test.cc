#include "pack/pack_store.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "base/file.h"

namespace warder::pack {
namespace {

namespace fs = std::filesystem;

class Store : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "store-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  PackStore open() {
    return PackStore::open(folder_, {.keys = {{"test", key_.public_key()}}, .engine_version = "0.1.0"}).value();
  }
  Bytes build(const std::string& version, const std::string& name = "rules") const {
    return build_pack({.name = name, .version = version, .licence = "MIT", .minimum_engine = "0.1.0"},
                      {{"version", version}}, key_)
        .value();
  }
  static std::string add_active(PackStore& store, const Bytes& pack) {
    const std::string digest = store.add(pack).value().digest;
    EXPECT_TRUE(store.activate(digest).has_value());
    return digest;
  }
  static std::string content(const PackStore& store) {
    const auto directory = store.directory("rules");
    return directory ? read_file(*directory / "version").value() : "none";
  }

  fs::path folder_;
  crypto::SigningKey key_ = crypto::SigningKey::generate();
};

TEST_F(Store, AddedPacksAreNotActive) {
  PackStore store = open();
  const std::string digest = store.add(build("1.0")).value().digest;
  EXPECT_TRUE(store.contains(digest));
  EXPECT_TRUE(store.active().empty());
  EXPECT_EQ(content(store), "none");
}

TEST_F(Store, ActivePackSurvivesARestart) {
  PackStore store = open();
  const std::string digest = add_active(store, build("1.0"));
  const PackStore again = open();
  EXPECT_EQ(again.active(), (std::map<std::string, std::string>{{"rules", digest}}));
  EXPECT_EQ(content(again), "1.0");
}

TEST_F(Store, RollsBackAndForth) {
  PackStore store = open();
  EXPECT_EQ(store.roll_back("rules").error().code, ErrorCode::NotFound);
  const std::string first = add_active(store, build("1.0"));
  EXPECT_EQ(store.roll_back("rules").error().code, ErrorCode::NotFound);
  const std::string second = add_active(store, build("2.0"));
  EXPECT_EQ(content(store), "2.0");
  EXPECT_EQ(store.roll_back("rules").value(), first);
  EXPECT_EQ(content(store), "1.0");
  EXPECT_EQ(store.roll_back("rules").value(), second);
  EXPECT_EQ(content(store), "2.0");
}

TEST_F(Store, ActivatingTwiceKeepsThePrevious) {
  PackStore store = open();
  const std::string first = add_active(store, build("1.0"));
  const std::string second = add_active(store, build("2.0"));
  ASSERT_TRUE(store.activate(second).has_value());
  EXPECT_EQ(store.roll_back("rules").value(), first);
}

TEST_F(Store, DeactivatedNamesHaveNoFiles) {
  PackStore store = open();
  const std::string digest = add_active(store, build("1.0"));
  ASSERT_TRUE(store.deactivate("rules").has_value());
  EXPECT_EQ(content(store), "none");
  EXPECT_EQ(open().active().size(), 0U);
  EXPECT_EQ(store.roll_back("rules").value(), digest);
}

TEST_F(Store, RefusesWhatDoesNotVerify) {
  PackStore store = open();
  Bytes bad = build("1.0");
  bad.back() ^= 1;
  EXPECT_FALSE(store.add(bad).has_value());
  EXPECT_EQ(store.activate(to_hex(crypto::sha256(bad))).error().code, ErrorCode::NotFound);
  for (const std::string digest : {"", "../../etc", "x"}) EXPECT_FALSE(store.activate(digest).has_value()) << digest;
}

TEST_F(Store, NoticesAPackThatWasReplacedOnDisk) {
  PackStore store = open();
  const std::string digest = store.add(build("1.0")).value().digest;
  const Bytes other = build("6.6");  // well signed, but another
  std::ofstream{folder_ / "packs" / (digest + ".wpk")} << as_text(other);
  EXPECT_EQ(store.activate(digest).error().code, ErrorCode::Corrupt);
}

TEST_F(Store, GarbageIsWhatNobodyCanReturnTo) {
  PackStore store = open();
  const std::string first = add_active(store, build("1.0"));
  const std::string second = add_active(store, build("2.0"));
  const std::string third = add_active(store, build("3.0"));
  const std::string other = add_active(store, build("1.0", "signatures"));
  fs::create_directory(folder_ / "files" / (first + ".new-0123"));  // what a crash leaves
  EXPECT_EQ(store.collect_garbage().value(), 1U);
  EXPECT_FALSE(store.contains(first));
  EXPECT_TRUE(store.contains(second) && store.contains(third) && store.contains(other));
  EXPECT_EQ(std::distance(fs::directory_iterator{folder_ / "files"}, {}), 3);
  EXPECT_EQ(store.collect_garbage().value(), 0U);
}

TEST_F(Store, HalfAddedPacksAreAddedAnew) {
  const Bytes pack = build("1.0");
  const std::string digest = open().add(pack).value().digest;
  fs::remove_all(folder_ / "packs" / (digest + ".wpk"));  // a crash between files and pack
  PackStore store = open();
  EXPECT_FALSE(store.contains(digest));
  ASSERT_TRUE(store.add(pack).has_value());
  EXPECT_TRUE(store.activate(digest).has_value());
}

TEST_F(Store, DamagedStateIsSaid) {
  open();
  for (const char* state : {"{", "[]", R"({"rules":1})", R"({"rules":{"active":"../x","previous":""}})"}) {
    std::ofstream{folder_ / "state.json"} << state;
    EXPECT_FALSE(PackStore::open(folder_, {}).has_value()) << state;
  }
}

}  // namespace
}  // namespace warder::pack
