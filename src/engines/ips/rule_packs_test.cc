#include "engines/ips/rule_packs.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/random.h"

namespace warder::ips {
namespace {

class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / ("ips-packs-" + to_hex(random_bytes(8)))) {}
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  void add(const std::string& file, std::string_view text) const {
    std::filesystem::create_directories((path_ / file).parent_path());
    ASSERT_TRUE(write_file_atomically(path_ / file, text));
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

TEST(RulePacks, ReadsAndChoosesByName) {
  const Folder folder;
  folder.add("b/pack.json", R"({"name": "b", "version": "2", "licence": "Apache-2.0"})");
  folder.add("b/two.rules", "# nothing\n");
  folder.add("a/pack.json", R"({"name": "a", "version": "1"})");
  folder.add("a/b.rules", "");
  folder.add("a/a.rules", "");
  folder.add("a/a.cases", "");
  folder.add("no-pack/a.rules", "");
  const auto packs = read_rule_packs(folder.path());
  ASSERT_TRUE(packs) << packs.error().message;
  ASSERT_EQ(packs->size(), 2U);
  EXPECT_EQ((*packs)[0].name, "a");
  EXPECT_EQ((*packs)[0].rules.size(), 2U);
  EXPECT_EQ((*packs)[0].cases.size(), 1U);
  EXPECT_EQ((*packs)[1].licence, "Apache-2.0");
  const std::vector<std::string> b{"b"};
  EXPECT_EQ(choose_packs(*packs, b)->front()->version, "2");
  EXPECT_EQ(choose_packs(*packs, {})->size(), 2U);
  const std::vector<std::string> unknown{"c"};
  EXPECT_EQ(choose_packs(*packs, unknown).error().code, ErrorCode::NotFound);
}

TEST(RulePacks, NamesTheFileThatIsWrong) {
  const Folder folder;
  folder.add("a/pack.json", R"({"name": "a"})");
  const auto packs = read_rule_packs(folder.path());
  ASSERT_FALSE(packs);
  EXPECT_NE(packs.error().message.find("a/pack.json"), std::string::npos) << packs.error().message;
}

TEST(RulePacks, AFolderThatIsNotThereHasNone) {
  EXPECT_TRUE(read_rule_packs("/nowhere/at/all")->empty());
}

}  // namespace
}  // namespace warder::ips
