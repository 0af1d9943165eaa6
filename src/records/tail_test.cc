#include "records/tail.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <zlib.h>

#include <deque>
#include <functional>
#include <set>

#include "host/testing/log_files.h"

namespace warder::records {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A tail with its files, time and what it handed over.
class Rig {
 public:
  explicit Rig(std::string source = "syslog /log/x.log", bool from_start = true)
      : source_(std::move(source)), from_start_(from_start) {
    restart({});
  }

  void restart() { restart(tail_->positions()); }
  void restart(std::optional<std::vector<FilePosition>> positions) {
    TailOptions options;
    options.from_start = from_start_;
    tail_ = std::make_unique<Tail>(files, *parse_file_source(source_), options);
    if (positions) {
      auto read = parse_positions(to_text(*positions));
      ASSERT_TRUE(read);
      EXPECT_EQ(*read, *positions);
      tail_->restore(std::move(*read));
    }
  }

  void poll(std::size_t budget = 1 << 20) {
    time_.steady += seconds(2);
    time_.wall += seconds(2);
    for (int i = 0; i < 50; ++i) {
      if (!tail_->poll(time_, budget, [this](const std::string&, Record record) { got.push_back(record.text); })) break;
    }
  }
  void wait(seconds time) { time_.steady += time; }
  void set_wall(std::string_view text) { time_.wall = *parse_rfc3339(text); }
  [[nodiscard]] Tail& tail() { return *tail_; }

  host::testing::MemoryLogFiles files;
  std::vector<std::string> got;

 private:
  std::string source_;
  bool from_start_;
  TailTime time_{std::chrono::steady_clock::time_point(seconds(1000)), *parse_rfc3339("2026-11-22T10:00:00Z"),
                 seconds(0)};
  std::unique_ptr<Tail> tail_;
};

std::string gzip(std::string_view text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
  std::string input(text);
  std::string out(text.size() + 1000, '\0');
  stream.next_in =
      reinterpret_cast<Bytef*>(input.data());  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast): zlib's type
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out =
      reinterpret_cast<Bytef*>(out.data());  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast): zlib's type
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

using Strings = std::vector<std::string>;

TEST(Tail, StartsAtTheEndOfOldFilesAndAtTheBeginOfNewOnes) {
  Rig rig("syslog /log/*.log", false);
  rig.files.append("/log/old.log", "before\nhal");
  rig.poll();
  rig.files.append("/log/old.log", "f\nafter\n");
  rig.files.append("/log/new.log", "first\n");
  rig.poll();
  EXPECT_EQ(std::set<std::string>(rig.got.begin(), rig.got.end()), (std::set<std::string>{"half", "after", "first"}));
}

TEST(Tail, RotationByRename) {
  Rig rig;
  rig.files.append("/log/x.log", "1\n2\n");
  rig.poll();
  rig.files.append("/log/x.log", "3\n");
  rig.files.rename("/log/x.log", "/log/x.log.1");
  rig.files.append("/log/x.log", "5\n");
  rig.poll();
  rig.files.append("/log/x.log.1", "4, by a writer that has not heard of it\n");
  rig.poll();
  EXPECT_EQ(rig.got, (Strings{"1", "2", "3", "5", "4, by a writer that has not heard of it"}));
}

TEST(Tail, RotationAndRemovalAtOnce) {
  Rig rig;
  rig.files.append("/log/x.log", "1\n");
  rig.poll();
  rig.files.append("/log/x.log", "2\n");
  rig.files.remove("/log/x.log");
  rig.files.append("/log/x.log", "3\n");
  rig.poll();
  EXPECT_EQ(rig.got, (Strings{"1", "2", "3"}));
}

TEST(Tail, CopyTruncate) {
  Rig rig;
  rig.files.append("/log/x.log", "1\n2\n");
  rig.poll();
  rig.files.append("/log/x.log", "3\n4\n");
  rig.files.copy("/log/x.log", "/log/x.log.1");
  rig.files.truncate("/log/x.log");
  rig.files.append("/log/x.log", "5\n");
  rig.poll();
  EXPECT_EQ(rig.got, (Strings{"1", "2", "3", "4", "5"}));
  EXPECT_TRUE(rig.tail().take_notices().empty());
}

TEST(Tail, CopyTruncateThatGrewBeyondTheOldEnd) {
  Rig rig;
  rig.files.append("/log/x.log", "1\n2\n");
  rig.poll();
  rig.files.copy("/log/x.log", "/log/x.log.1");
  rig.files.truncate("/log/x.log");
  rig.files.append("/log/x.log", "3\n4\n5\n6\n");
  rig.poll();
  EXPECT_EQ(rig.got, (Strings{"1", "2", "3", "4", "5", "6"}));
}

TEST(Tail, TruncationWithoutACopyIsToldWhenSomethingWasUnread) {
  Rig rig;
  rig.files.append("/log/x.log", "1\nunfinished");
  rig.poll();
  rig.files.truncate("/log/x.log");
  rig.files.append("/log/x.log", "2\n");
  rig.poll();
  EXPECT_EQ(rig.got, (Strings{"1", "2"}));
  EXPECT_EQ(rig.tail().take_notices().size(), 1U);
}

TEST(Tail, GoesOnAfterARestart) {
  Rig rig;
  rig.files.append("/log/x.log", "1\n2\nhal");
  rig.poll();
  rig.files.append("/log/x.log", "f\n");
  rig.restart();
  rig.poll();
  EXPECT_EQ(rig.got, (Strings{"1", "2", "half"}));
}

TEST(Tail, FindsAFileThatWasRotatedTwiceAndCompressedMeanwhile) {
  Rig rig;
  rig.files.append("/log/x.log", "1\n2\n");
  rig.poll();
  rig.files.append("/log/x.log", "3\n");
  const std::string content = rig.files.content("/log/x.log");
  rig.files.remove("/log/x.log");
  rig.files.append("/log/x.log.2.gz", gzip(content));
  rig.files.append("/log/x.log.1", "4\n");
  rig.files.append("/log/x.log", "5\n");
  rig.restart();
  rig.poll();
  EXPECT_EQ(rig.got, (Strings{"1", "2", "3", "4", "5"}));
  rig.wait(seconds(100));
  rig.poll();
  rig.restart();
  rig.poll();
  EXPECT_EQ(rig.got.size(), 5U) << "what was read to its end is not read again";
}

// Somebody writes, rotates and compresses, one step at each look of the tail at the files.
class Outsider {
 public:
  explicit Outsider(host::testing::MemoryLogFiles& files) : files_(files) {}

  void write(int lines) {
    for (int i = 0; i < lines; ++i) files_.append("/log/x.log", "line " + std::to_string(written_++) + "\n");
  }
  /// Every step of a rotation that compresses what was rotated once before.
  void add_rotation(int lines) {
    for (int i = 20; i >= 1; --i) {
      for (const char* end : {"", ".gz"}) {
        const std::string from = "/log/x.log." + std::to_string(i) + end;
        const std::string to = "/log/x.log." + std::to_string(i + 1) + end;
        steps_.push_back([this, from, to] { return move(from, to); });
      }
    }
    steps_.push_back([this] { return move("/log/x.log", "/log/x.log.1"); });
    steps_.push_back([this, lines] {
      write(lines);
      return true;
    });
    steps_.push_back([this] {
      if (!files_.exists(kOlder)) return false;
      files_.copy_converted(kOlder, kOlder + ".gz", gzip(files_.content(kOlder)));
      return true;
    });
    steps_.push_back([this] {
      if (!files_.exists(kOlder)) return false;
      files_.remove(kOlder);
      return true;
    });
  }
  /// Does what has an effect, once.
  void step() {
    while (!steps_.empty()) {
      const auto next = std::move(steps_.front());
      steps_.pop_front();
      if (next()) return;
    }
  }
  void finish() {
    while (!steps_.empty()) step();
  }
  [[nodiscard]] Strings written() const {
    Strings lines;
    for (int i = 0; i < written_; ++i) lines.push_back("line " + std::to_string(i));
    return lines;
  }

 private:
  bool move(const std::string& from, const std::string& to) {
    if (!files_.exists(from)) return false;
    files_.rename(from, to);
    return true;
  }

  const std::string kOlder = "/log/x.log.2";
  host::testing::MemoryLogFiles& files_;
  std::deque<std::function<bool()>> steps_;
  int written_ = 0;
};

// Nothing is lost and nothing told twice, whatever the moment at which rotation begins and however fast it is.
TEST(Tail, RotationWhileItLooks) {
  for (const bool is_restarted : {false, true}) {
    for (const int before : {0, 1, 3}) {
      for (const int stride : {1, 2, 5, 1000}) {
        for (int first = 0; first < 40; ++first) {
          Rig rig;
          Outsider outsider(rig.files);
          outsider.write(3);
          rig.poll();
          outsider.write(2);
          for (int i = 0; i < before; ++i) outsider.add_rotation(2);
          outsider.finish();
          for (int i = 0; i < 2; ++i) outsider.add_rotation(3);
          if (is_restarted) rig.restart();
          int looks = 0;
          rig.files.meanwhile = [&] {
            if (looks++ < first) return;
            for (int i = 0; i < stride; ++i) outsider.step();
          };
          rig.poll();
          rig.files.meanwhile = nullptr;
          outsider.finish();
          rig.poll();
          Strings got = rig.got;
          ASSERT_EQ(got.size(), outsider.written().size())
              << "restarted " << is_restarted << ", before " << before << ", stride " << stride << ", first " << first
              << ": " << ::testing::PrintToString(got);
          ASSERT_EQ(got, outsider.written());
          EXPECT_EQ(rig.tail().counters().gaps, 0U);
        }
      }
    }
  }
}

TEST(Tail, Utf16OverARestartAndInGzip) {
  const auto wide = [](std::string_view ascii) {
    std::string out;
    for (const char c : ascii) out.append({c, '\0'});
    return out;
  };
  Rig rig;
  const std::string first = "\xff\xfe" + wide("1\r\n2\r\n");
  rig.files.append("/log/x.log", first);
  rig.poll();
  rig.files.append("/log/x.log", wide("3\r\n"));
  rig.restart();  // the mark is not where it goes on
  rig.poll();
  EXPECT_EQ(rig.got, (Strings{"1", "2", "3"}));
  const auto positions = rig.tail().positions();
  rig.files.remove("/log/x.log");
  rig.files.append("/log/x.log.1.gz", gzip(first + wide("3\r\n4\r\n")));
  rig.files.append("/log/x.log", "5\n");
  rig.restart(positions);
  rig.poll();
  EXPECT_EQ(rig.got, (Strings{"1", "2", "3", "4", "5"}));
}

TEST(Tail, SaysWhenAFileWentWhileNobodyFollowed) {
  Rig rig;
  rig.files.append("/log/x.log", "1\n");
  rig.poll();
  rig.files.remove("/log/x.log");
  rig.files.append("/log/x.log", "2\n");
  rig.restart();
  rig.poll();
  EXPECT_EQ(rig.got, (Strings{"1", "2"}));
  const auto notices = rig.tail().take_notices();
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_EQ(notices[0].kind, TailNotice::Kind::Gap);
}

TEST(Tail, WildcardsDoNotTakeARotatedFileForANewOne) {
  Rig rig("syslog /log/*");
  rig.files.append("/log/x", "1\n");
  rig.poll();
  rig.files.copy("/log/x", "/log/x.1");
  rig.files.truncate("/log/x");
  rig.files.append("/log/x", "2\n");
  rig.poll();
  rig.files.rename("/log/x.1", "/log/x.2");
  rig.files.rename("/log/x", "/log/x.1");
  rig.files.append("/log/x", "3\n");
  rig.poll();
  rig.wait(seconds(100));
  rig.poll();
  rig.poll();
  EXPECT_EQ(rig.got, (Strings{"1", "2", "3"}));
}

TEST(Tail, NamesWithADate) {
  Rig rig("syslog /log/%Y-%m-%d.log");
  rig.files.append("/log/2026-11-22.log", "1\n");
  rig.poll();
  rig.set_wall("2026-11-23T00:00:01Z");
  rig.files.append("/log/2026-11-22.log", "2\n");
  rig.files.append("/log/2026-11-23.log", "3\n");
  rig.poll();
  EXPECT_EQ(rig.got, (Strings{"1", "2", "3"}));
}

TEST(Tail, UnfinishedRecordsWaitAndThenGo) {
  Rig rig("multi-line:indent /log/x.log");
  rig.files.append("/log/x.log", "a\n b\n");
  rig.poll();
  rig.files.append("/log/x.log", " c\n");
  EXPECT_TRUE(rig.got.empty());
  rig.restart();  // the record is not lost with the process
  rig.poll();
  rig.poll();
  EXPECT_EQ(rig.got, Strings{"a  b  c"});
}

TEST(Tail, OneFileDoesNotStarveTheOthers) {
  Rig rig("syslog /log/*.log");
  for (int i = 0; i < 50'000; ++i) rig.files.append("/log/a.log", "line\n");
  rig.files.append("/log/b.log", "b\n");
  TailTime time{std::chrono::steady_clock::time_point(seconds(5000)), {}, {}};
  bool has_b = false;
  EXPECT_TRUE(rig.tail().poll(time, 100'000,
                              [&](const std::string& path, const Record&) { has_b = has_b || path == "/log/b.log"; }));
  EXPECT_TRUE(has_b);
}

// Whatever rotation, copying, compression and restarts come in between: each line once, and in order.
RC_GTEST_PROP(Tail, EveryLineOnceWhateverHappensToTheFile, ()) {
  Rig rig;
  int next = 0;
  int rotated = 0;
  const auto append = [&](int count) {
    for (int i = 0; i < count; ++i) rig.files.append("/log/x.log", "line " + std::to_string(next++) + "\n");
  };
  const auto shift = [&] {
    for (int i = rotated; i >= 1; --i) {
      const std::string from = "/log/x.log." + std::to_string(i);
      const std::string to = "/log/x.log." + std::to_string(i + 1);
      rig.files.rename(from, to);
      rig.files.rename(from + ".gz", to + ".gz");
    }
    ++rotated;
  };
  append(1);
  rig.poll();
  const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 7));
  for (const int step : steps) {
    switch (step) {
      case 0:
      case 1:
        append(3);
        break;
      case 2:
        rig.poll(64);
        break;
      case 3:
        rig.restart();
        break;
      case 4:  // rename
        shift();
        rig.files.rename("/log/x.log", "/log/x.log.1");
        append(1);
        break;
      case 5:  // copytruncate; what is read before it happens again is this test's only promise
        rig.poll();
        append(2);
        shift();
        rig.files.copy("/log/x.log", "/log/x.log.1");
        rig.files.truncate("/log/x.log");
        rig.poll();
        append(1);
        break;
      default:  // the second oldest is compressed
        if (const std::string path = "/log/x.log.2"; rig.files.exists(path)) {
          rig.files.convert(path, path + ".gz", gzip(rig.files.content(path)));
        }
        break;
    }
  }
  rig.poll();
  rig.poll();
  Strings wanted;
  for (int i = 0; i < next; ++i) wanted.push_back("line " + std::to_string(i));
  RC_ASSERT(rig.got == wanted);
}

}  // namespace
}  // namespace warder::records
