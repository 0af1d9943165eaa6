#include "host/linux/nft_filter.h"

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <vector>

#include "base/bytes.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "model/kernel_names.h"

namespace warder::host {
namespace {

constexpr std::array kPrograms{"/usr/sbin/nft", "/sbin/nft", "/usr/bin/nft"};
constexpr std::size_t kMaxOutput = 512 << 20;
constexpr std::size_t kMaxErrorText = 1000;

Result<UniqueFd> memory_file(const char* name, std::string_view content) {
  UniqueFd fd(::memfd_create(name, MFD_CLOEXEC));
  if (!fd.is_open()) return fail_errno("memfd_create", errno);
  while (!content.empty()) {
    const ssize_t written = ::write(fd.get(), content.data(), content.size());
    if (written < 0) return fail_errno("memory file", errno);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  ::lseek(fd.get(), 0, SEEK_SET);
  return fd;
}

Result<std::string> content_of(const UniqueFd& fd) {
  const off_t size = ::lseek(fd.get(), 0, SEEK_END);
  if (size < 0) return fail_errno("memory file", errno);
  if (static_cast<std::size_t>(size) > kMaxOutput) return fail(ErrorCode::TooLarge, "nft: too much output");
  std::string text(static_cast<std::size_t>(size), '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t got = ::pread(fd.get(), &text[done], text.size() - done, static_cast<off_t>(done));
    if (got <= 0) return fail_errno("memory file", errno);
    done += static_cast<std::size_t>(got);
  }
  return text;
}

struct Outcome {
  int status = 0;
  std::string output;
  std::string errors;
};

class NftFilter final : public PacketFilter {
 public:
  explicit NftFilter(NftFilterOptions options) : options_(options) {}

  Result<void> apply(std::string_view ruleset) override {
    const Outcome outcome = WD_TRY(run({"-j", "-f", "-"}, ruleset));
    if (outcome.status != 0) return fail(ErrorCode::Invalid, "nft: " + short_text(outcome.errors));
    return {};
  }

  Result<void> apply_text(std::string_view ruleset) override {
    const Outcome outcome = WD_TRY(run({"-f", "-"}, ruleset));
    if (outcome.status != 0) return fail(ErrorCode::Invalid, "nft: " + short_text(outcome.errors));
    return {};
  }

  Result<std::string> fingerprint() override {
    const Outcome tables = WD_TRY(run({"-j", "list", "tables"}, ""));
    if (tables.status != 0) return fail(ErrorCode::Unavailable, "nft: " + short_text(tables.errors));
    const auto list = WD_TRY(parse_json(tables.output, kMaxOutput));
    std::string content;
    for (const json::value& each : objects_of(list)) {
      const auto* table = each.is_object() ? find(each.get_object(), "table") : nullptr;
      if (table == nullptr || !table->is_object()) continue;
      if (get_string(table->get_object(), "name").value_or("") != kernel::kNftTable) continue;
      content += WD_TRY(list_table(get_string(table->get_object(), "family").value_or("")));
    }
    return content.empty() ? content : to_hex(crypto::sha256(as_bytes(content)));
  }

 private:
  static std::string short_text(std::string_view errors) {
    return escape_non_utf8(trim(errors.substr(0, kMaxErrorText)));
  }

  static json::array objects_of(const json::value& listing) {
    const auto* objects = listing.is_object() ? find(listing.get_object(), "nftables") : nullptr;
    return objects != nullptr && objects->is_array() ? objects->get_array() : json::array();
  }

  Result<std::string> list_table(std::string_view family) const {
    const Outcome listed =
        WD_TRY(run({"-j", "list", "table", std::string(family), std::string(kernel::kNftTable)}, ""));
    if (listed.status != 0) return std::string();  // gone meanwhile
    const auto listing = WD_TRY(parse_json(listed.output, kMaxOutput));
    std::string content;
    for (json::value each : objects_of(listing)) {
      if (!each.is_object() || each.get_object().size() != 1) continue;
      json::value& body = each.get_object().begin()->value();
      if (!body.is_object() || each.get_object().contains("metainfo")) continue;
      json::object& object = body.get_object();
      object.erase("handle");
      if (object.contains("timeout") || object.contains("size")) object.erase("elem");  // filled by traffic
      content += json::serialize(each);
    }
    return content;
  }

  /// Runs it to its end, with files in memory at both ends: neither side ever waits for the other.
  Result<Outcome> run(std::vector<std::string> arguments, std::string_view input) const {
    const UniqueFd in = WD_TRY(memory_file("nft-input", input));
    const UniqueFd out = WD_TRY(memory_file("nft-output", ""));
    const UniqueFd err = WD_TRY(memory_file("nft-errors", ""));
    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_adddup2(&files, in.get(), STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&files, out.get(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&files, err.get(), STDERR_FILENO);
    arguments.insert(arguments.begin(), "nft");
    std::vector<char*> words;
    for (std::string& argument : arguments) words.push_back(argument.data());
    words.push_back(nullptr);
    std::array environment{const_cast<char*>("LC_ALL=C"), static_cast<char*>(nullptr)};  // NOLINT: execve's own type
    pid_t pid = 0;
    int error = ENOENT;
    for (const char* program : kPrograms) {
      error = ::posix_spawn(&pid, program, &files, nullptr, words.data(), environment.data());
      if (error != ENOENT) break;
    }
    ::posix_spawn_file_actions_destroy(&files);
    if (error != 0) return fail(ErrorCode::Unavailable, "nft cannot be run: install the package nftables");
    Outcome outcome;
    outcome.status = WD_TRY(wait(pid));
    outcome.output = WD_TRY(content_of(out));
    outcome.errors = WD_TRY(content_of(err));
    return outcome;
  }

  [[nodiscard]] Result<int> wait(pid_t pid) const {
    const UniqueFd handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    pollfd ended{handle.get(), POLLIN, 0};
    const auto deadline = std::chrono::steady_clock::now() + options_.patience;
    int ready = 0;
    while (ready == 0) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      if (left.count() <= 0) break;
      ready = ::poll(&ended, 1, static_cast<int>(left.count()));
      if (ready < 0 && errno == EINTR) ready = 0;
    }
    if (ready <= 0) ::kill(pid, SIGKILL);
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (ready <= 0) return fail(ErrorCode::Timeout, "nft did not end in time");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  NftFilterOptions options_;
};

}  // namespace

std::unique_ptr<PacketFilter> make_nft_filter(NftFilterOptions options) {
  return std::make_unique<NftFilter>(options);
}

}  // namespace warder::host
