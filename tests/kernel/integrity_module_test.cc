// The integrity module on a real kernel: a tmpfs of the test's own in a mount namespace of its own, fanotify, LMDB.
// What the module reports is compared with what the test did.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <condition_variable>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "agent/module_integrity.h"
#include "host/linux/clock.h"

namespace warder::agent {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;

class NoLog final : public Log {
 public:
  void write(LogLevel /*level*/, std::string_view /*id*/, std::string_view /*message*/,
             std::initializer_list<LogField> /*fields*/) override {}
};

std::string text_of(const Event& event, std::string_view key) {
  const EventValue* value = event.find(key);
  if (value == nullptr) return {};
  const auto* text = std::get_if<std::string>(value);
  return text == nullptr ? std::string() : *text;
}

// "created /a", "renamed /a -> /b"
std::string summary(const Event& event) {
  std::string kind = event.type;
  for (const std::string_view prefix : {"integrity.file.", "integrity."})
    if (kind.starts_with(prefix)) kind.erase(0, prefix.size());
  const std::string path = text_of(event, "file.path");
  if (kind == "renamed") return kind + " " + text_of(event, "file.path.was") + " -> " + path;
  return path.empty() ? kind : kind + " " + path;
}

/// Keeps events, by id as the manager does; can die in the middle as a killed agent does.
class Spool final : public EventSink {
 public:
  Result<void> emit(std::span<const Event> events) override {
    const std::lock_guard lock(mutex_);
    for (const Event& event : events) {
      if (by_id_.emplace(event.id.text(), event).second) order_.push_back(event);
      if (fails_after_ > 0 && --fails_after_ == 0) return fail(ErrorCode::Unavailable, "killed");
    }
    arrived_.notify_all();
    return {};
  }
  void fail_after(int events) {
    const std::lock_guard lock(mutex_);
    fails_after_ = events;
  }
  bool wait_for(const std::function<bool(const std::vector<Event>&)>& done, seconds patience = seconds(20)) {
    std::unique_lock lock(mutex_);
    return arrived_.wait_for(lock, patience, [&] { return done(order_); });
  }
  std::vector<Event> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(order_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::map<std::string, Event> by_id_;
  std::vector<Event> order_;
  int fails_after_ = 0;
};

class IntegrityOnKernel : public ::testing::Test {
 protected:
  // One mount namespace for the whole program, made before any thread.
  static void SetUpTestSuite() {
    if (::geteuid() != 0 || ::unshare(CLONE_NEWNS) != 0) return;
    is_private_ = ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
  }

  void SetUp() override {
    if (!is_private_) GTEST_SKIP() << "needs root for a mount namespace of its own";
    char name[] = "/tmp/warder-integrity-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    top_ = name;
    state_ = top_ / "state";
    root_ = top_ / "watched";
    fs::create_directories(state_);
    fs::create_directories(root_);
    ASSERT_EQ(::mount("tmpfs", root_.c_str(), "tmpfs", 0, "size=256m"), 0);
  }

  void TearDown() override {
    stop();
    if (top_.empty()) return;
    ::umount2(root_.c_str(), MNT_DETACH);
    fs::remove_all(top_);
  }

  void start(const boost::json::object& more = {}) {
    context_ = std::make_unique<ModuleContext>(ModuleContext{spool_, log_, clock_, state_});
    module_ = integrity_module().make(*context_);
    boost::json::object section{{"watch", {root_.string()}}, {"exclude", boost::json::array{}}};
    for (const auto& [key, value] : more) section[key] = value;
    const auto configured = module_->configure(section);
    ASSERT_TRUE(configured) << configured.error().message;
    thread_ = std::jthread([this](const std::stop_token& stop) { ended_ = module_->run(stop); });
  }
  void stop() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    thread_.join();
    module_.reset();
  }
  void start_and_wait(const boost::json::object& more = {}) {
    start(more);
    ASSERT_TRUE(wait_for("baseline.created"));
    spool_.take();
  }

  bool wait_for(const std::string& wanted) {
    return spool_.wait_for([&](const std::vector<Event>& events) {
      return std::any_of(events.begin(), events.end(), [&](const Event& e) { return summary(e) == wanted; });
    });
  }
  /// Everything reported up to a marker made now, as a sorted list.
  std::vector<std::string> reports() {
    const std::string marker = "marker-" + std::to_string(++markers_);
    write(marker, marker);
    EXPECT_TRUE(wait_for("created " + at(marker))) << marker;
    std::vector<std::string> all;
    for (const Event& event : spool_.take())
      if (text_of(event, "file.path").find("/marker-") == std::string::npos) all.push_back(summary(event));
    std::sort(all.begin(), all.end());
    return all;
  }

  std::string at(const std::string& name) const { return (root_ / name).string(); }
  void write(const std::string& name, const std::string& content) const {
    std::ofstream(at(name), std::ios::trunc) << content;
  }

  static inline bool is_private_ = false;
  fs::path top_;
  fs::path state_;
  fs::path root_;
  NoLog log_;
  host::SystemClock clock_;
  Spool spool_;
  std::unique_ptr<ModuleContext> context_;
  std::unique_ptr<Module> module_;
  Result<void> ended_;
  std::jthread thread_;
  int markers_ = 0;
};

using Lines = std::vector<std::string>;

TEST_F(IntegrityOnKernel, ReportsEachKindOfChangeOnce) {
  fs::create_directories(root_ / "d/deep");
  for (const char* name : {"edit", "truncate", "replace", "mode", "owner", "linked", "gone", "moved", "mapped", "d/in"})
    write(name, std::string("content of ") + name);
  fs::create_symlink("edit", root_ / "link");
  start_and_wait();

  write("new", "new");
  write("edit", "other");
  ASSERT_EQ(::truncate(at("truncate").c_str(), 3), 0);
  write("replace.tmp", "replaced");
  fs::rename(at("replace.tmp"), at("replace"));
  ASSERT_EQ(::chmod(at("mode").c_str(), 04755), 0);
  ASSERT_EQ(::chown(at("owner").c_str(), 12345, 0), 0);
  fs::create_hard_link(at("linked"), at("second"));
  fs::remove(at("gone"));
  fs::rename(at("moved"), at("moved2"));
  fs::remove(at("link"));
  fs::create_symlink("mode", at("link"));
  fs::rename(at("d"), at("e"));
  {
    const int fd = ::open(at("mapped").c_str(), O_RDWR | O_CLOEXEC);
    void* memory = ::mmap(nullptr, 4, PROT_WRITE, MAP_SHARED, fd, 0);
    ASSERT_NE(memory, MAP_FAILED);
    std::memcpy(memory, "MMAP", 4);
    ::munmap(memory, 4);
    ::close(fd);
  }
  write("brief", "brief");
  fs::remove(at("brief"));
  fs::create_directories(root_ / "tree");
  write("tree/leaf", "leaf");
  EXPECT_TRUE(wait_for("updated " + at("truncate")));

  Lines expected = {"created " + at("new"),
                    "updated " + at("edit"),
                    "updated " + at("truncate"),
                    "updated " + at("replace"),
                    "attributes " + at("mode"),
                    "attributes " + at("owner"),
                    "created " + at("second"),
                    "deleted " + at("gone"),
                    "renamed " + at("moved") + " -> " + at("moved2"),
                    "updated " + at("link"),
                    "renamed " + at("d") + " -> " + at("e"),
                    "renamed " + at("d/in") + " -> " + at("e/in"),
                    "renamed " + at("d/deep") + " -> " + at("e/deep"),
                    "updated " + at("mapped"),
                    "created " + at("tree"),
                    "created " + at("tree/leaf")};
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(reports(), expected);
}

}  // namespace
}  // namespace warder::agent
