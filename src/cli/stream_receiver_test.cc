#include "cli/stream_receiver.h"

#include <gtest/gtest.h>

#include "stream/writer.h"

namespace warder::cli {
namespace {

constexpr Timestamp kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22};

class Folder {
 public:
  Folder() { std::filesystem::create_directories(path_); }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  const std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("warder-stream-" + std::to_string(::getpid()) + "-" +
                                                ::testing::UnitTest::GetInstance()->current_test_info()->name());
};

std::string records(std::uint64_t first, std::size_t count, const std::string& name = "example/one") {
  static const auto kReceiver = crypto::HpkePrivateKey::from_bytes(Bytes(32, 1)).value();
  const stream::StreamKey key{name, crypto::SigningKey::from_seed(Bytes(32, 2)).value()};
  auto batch = stream::BatchWriter::create(key, kReceiver.public_key(), {first - 1, {}}).value();
  for (std::size_t i = 0; i < count; ++i) batch.add(stream::RecordKind::Event, kNow, kNow, "{}");
  std::string text;
  for (const stream::Record& record : std::move(batch).finish()) text += stream::to_line(record) + "\n";
  return text;
}

TEST(StreamFiles, KeepWhatCameOnceAndInOrder) {
  const Folder folder;
  const auto files = StreamFiles::open(folder.path(), "example/one").value();
  const std::string first = records(1, 3);
  const std::string second = records(4, 2);
  EXPECT_EQ(files->append(first, kNow).value(), 3U);
  EXPECT_EQ(files->append(first + second, kNow).value(), 2U);
  EXPECT_EQ(read_file(files->file_of(kNow)).value(), first + second);
  EXPECT_EQ(files->file_of(kNow).filename(), "example_one-2026-11-22.jsonl");
  // What was changed is no repetition.
  EXPECT_EQ(files->append(records(4, 2), kNow).value(), 2U);
}

TEST(StreamFiles, KnowAfterARestartWhatTheyHave) {
  const Folder folder;
  const std::string first = records(1, 3);
  const auto file = StreamFiles::open(folder.path(), "example/one").value()->file_of(kNow);
  ASSERT_TRUE(StreamFiles::open(folder.path(), "example/one").value()->append(first, kNow));
  ASSERT_TRUE(write_file_atomically(file, first + R"({"stream":"exam)"));  // cut off by a crash
  const auto again = StreamFiles::open(folder.path(), "example/one").value();
  EXPECT_EQ(again->append(first, kNow).value(), 0U);
  const std::string second = records(4, 1);
  EXPECT_EQ(again->append(second, kNow).value(), 1U);
  EXPECT_EQ(read_file(file).value(), first + "{\"stream\":\"exam\n" + second);
}

TEST(StreamFiles, TakeNothingElse) {
  const Folder folder;
  const auto files = StreamFiles::open(folder.path(), "example/one").value();
  const std::string good = records(1, 2);
  for (const std::string& bad :
       {std::string("x\n"), good.substr(0, good.size() - 1), good + "{}\n", good + records(1, 1, "example/another")}) {
    const auto taken = files->append(bad, kNow);
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code, ErrorCode::Invalid);
  }
  EXPECT_FALSE(std::filesystem::exists(files->file_of(kNow)));
}

}  // namespace
}  // namespace warder::cli
