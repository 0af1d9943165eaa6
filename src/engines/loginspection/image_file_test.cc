#include "engines/loginspection/image_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/random.h"
#include "engines/loginspection/image.h"

namespace warder::loginspection {
namespace {

namespace fs = std::filesystem;

Definition definition() {
  Definition made;
  made.rules = {{"rules.xml", R"(<group name="syslog,"><rule id="1" level="0" noalert="1"><category>syslog</category>
<description>All.</description></rule><rule id="100" level="3"><match>bad</match><description>Bad.</description></rule></group>)"}};
  return made;
}

class LogImageFile : public ::testing::Test {
 protected:
  LogImageFile() {
    fs::create_directory(folder_);
    EXPECT_TRUE(save_image_file(*compile(definition()).value(), source_of(definition()), file_));
  }
  ~LogImageFile() override { fs::remove_all(folder_); }
  ErrorCode refusal() const {
    const auto loaded = load_image_file(file_);
    return loaded ? ErrorCode::Internal : loaded.error().code;
  }

  fs::path folder_ = fs::temp_directory_path() / ("log-image-" + to_hex(random_bytes(8)));
  fs::path file_ = folder_ / "rules.image";
};

TEST_F(LogImageFile, IsReadByItsOwner) {
  const auto loaded = load_image_file(file_);
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(rule_count(**loaded), 2U);
}

// The matcher's tables in it cannot be checked, so what somebody else could have written is not even read.
TEST_F(LogImageFile, IsRefusedWhenOthersMayWriteIt) {
  for (const ::mode_t mode : {0666U, 0660U, 0602U}) {
    ::chmod(file_.c_str(), mode);
    EXPECT_EQ(refusal(), ErrorCode::Forbidden) << mode;
  }
}

TEST_F(LogImageFile, IsRefusedWhenItIsAnothersOrALink) {
  const fs::path real = folder_ / "real";
  fs::rename(file_, real);
  fs::create_symlink(real, file_);
  EXPECT_NE(refusal(), ErrorCode::Internal);
  fs::remove(file_);
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  fs::rename(real, file_);
  ASSERT_EQ(::chown(file_.c_str(), 12345, 12345), 0);
  EXPECT_EQ(refusal(), ErrorCode::Forbidden);
  // A cache that another has put there is not used, and is replaced.
  EXPECT_TRUE(compile_with_cache(definition(), file_));
  EXPECT_TRUE(load_image_file(file_));
}

}  // namespace
}  // namespace warder::loginspection
