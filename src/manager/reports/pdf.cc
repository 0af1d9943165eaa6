#include "manager/reports/pdf.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/process.h"

namespace warder::manager {
namespace {

// Debian Policy §9.2.2: reserved, so that no account has it, nor the processes of any.
constexpr ::uid_t kDrawer = 65'533;
constexpr unsigned kReadable = 0644;
// What screen readers need makes long tables three times as slow and fifty times as large.
constexpr std::size_t kMaxTaggedBytes = 256 << 10;
// Of any file it writes. What its processes share counts, too: the regular and the bold of a Japanese font have 40 MB.
constexpr std::size_t kMaxFileBytes = 512 << 20;
constexpr std::size_t kMaxTalk = 4 << 20;
constexpr int kNotFound = 127;  // of prlimit, setpriv and unshare, when what they are to run is not there

std::mutex& one_at_a_time() {
  static std::mutex mutex;
  return mutex;
}

::uid_t drawer() {
  return ::geteuid() == 0 ? kDrawer : ::geteuid();
}

std::filesystem::path default_folder() {
  constexpr const char* kMemory = "/dev/shm";
  if (::access(kMemory, W_OK | X_OK) == 0) return kMemory;
  std::error_code error;
  return std::filesystem::temp_directory_path(error);
}

/// Of Chromium alone: what it reads and whatever it writes.
class WorkFolder {
 public:
  static Result<WorkFolder> create(const std::filesystem::path& parent, std::string_view html) {
    std::string path = ((parent.empty() ? default_folder() : parent) / "warder-report-XXXXXX").string();
    if (::mkdtemp(path.data()) == nullptr) return fail_errno("a folder for the page", errno);
    WorkFolder folder(std::move(path));
    WD_TRY(write_file_atomically(folder.page(), html, kReadable));
    if (::geteuid() == 0 && ::chown(folder.path_.c_str(), kDrawer, kDrawer) != 0)
      return fail_errno("a folder for the page", errno);
    return folder;
  }
  WorkFolder(WorkFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;
  WorkFolder& operator=(WorkFolder&&) = delete;
  ~WorkFolder() {
    if (path_.empty()) return;
    std::error_code error;
    std::filesystem::remove(page(), error);
    std::filesystem::remove(pdf(), error);
    // Who was killed may have written until now.
    for (int tries = 0; tries < 100; ++tries) {
      std::filesystem::remove_all(path_, error);
      if (!error) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] std::filesystem::path page() const { return path_ / "report.html"; }
  [[nodiscard]] std::filesystem::path pdf() const { return path_ / "report.pdf"; }

 private:
  explicit WorkFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

/// With namespaces of its own, of which the first process takes all others along when it is killed. A limit on the
/// address space it could not live with: it reserves far more than it uses.
std::vector<std::string> command(const PdfOptions& options, const WorkFolder& folder, bool is_tagged) {
  std::vector<std::string> line{"prlimit",           "--core=0",      "--cpu=30",
                                "--data=1073741824", "--nofile=1024", "--fsize=" + std::to_string(kMaxFileBytes)};
  if (::geteuid() == 0) {
    const std::string id = std::to_string(kDrawer);
    line.insert(line.end(), {"setpriv", "--reuid", id, "--regid", id, "--clear-groups", "--no-new-privs"});
  }
  line.insert(
      line.end(),
      {"unshare", "--user", "--map-current-user", "--net", "--pid", "--ipc", "--fork", "--kill-child", options.program,
       "--headless", "--disable-gpu", "--no-first-run", "--disable-extensions", "--disable-background-networking",
       "--disable-breakpad", "--host-resolver-rules=MAP * ~NOTFOUND", "--no-pdf-header-footer",
       "--user-data-dir=" + (folder.path() / "profile").string(), "--print-to-pdf=" + folder.pdf().string()});
  if (!is_tagged) line.emplace_back("--disable-pdf-tagging");
  line.push_back("file://" + folder.page().string());
  return line;
}

/// It lies where somebody else may write: only a file of theirs is taken, not what a link leads to.
Result<std::string> read_drawn(const std::filesystem::path& path, std::size_t max_bytes) {
  const UniqueFd fd{::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
  struct stat status {};
  if (!fd.is_open() || ::fstat(fd.get(), &status) != 0)
    return fail(ErrorCode::Unavailable, "Chromium has drawn nothing");
  if (!S_ISREG(status.st_mode) || status.st_uid != drawer() || status.st_nlink != 1)
    return fail(ErrorCode::Unavailable, "Chromium has left something else than a PDF");
  if (std::cmp_greater(status.st_size, max_bytes))
    return fail(ErrorCode::TooLarge, "the PDF has more than " + std::to_string(max_bytes) + " bytes");
  std::string pdf = WD_TRY(read_file("/proc/self/fd/" + std::to_string(fd.get()), max_bytes).in("PDF"));
  if (!pdf.starts_with("%PDF-")) return fail(ErrorCode::Unavailable, "Chromium has left something else than a PDF");
  return pdf;
}

/// Chromium writes when it has drawn it: "/CreationDate (D:20261128090722+00'00')".
void put_time(std::string& pdf, Timestamp made) {
  std::string digits;
  for (const char c : to_rfc3339(made).substr(0, 19))
    if (c >= '0' && c <= '9') digits += c;
  for (const std::string_view key : {"/CreationDate (D:", "/ModDate (D:"}) {
    const std::size_t at = pdf.find(key);
    if (at != std::string::npos && at + key.size() + digits.size() <= pdf.size())
      pdf.replace(at + key.size(), digits.size(), digits);
  }
}

Result<void> draw(const WorkFolder& folder, bool is_tagged, const PdfOptions& options) {
  ProcessOptions process;
  process.timeout = options.timeout;
  process.max_output_bytes = kMaxTalk;
  process.environment = {"HOME=" + folder.path().string(), "TMPDIR=" + folder.path().string(), "LANG=C.UTF-8"};
  const auto ran = run_process(command(options, folder, is_tagged), process);
  if (!ran && ran.error().code == ErrorCode::Timeout) {
    return fail(ErrorCode::Timeout, "the PDF was not drawn within " + std::to_string(options.timeout.count() / 1000) +
                                        " s; take the HTML, which has the same");
  }
  if (!ran) return fail(ErrorCode::Unavailable, "Chromium: " + ran.error().message);
  if (ran->exit_code == kNotFound)
    return fail(ErrorCode::Unavailable, "There is no Chromium on the manager, which draws PDF; take the HTML");
  if (ran->err.starts_with("unshare:"))
    return fail(ErrorCode::Unavailable, "Chromium cannot be confined here, for want of user namespaces; take the HTML");
  if (ran->exit_code != 0) {
    return fail(ErrorCode::Unavailable, "Chromium has failed with code " + std::to_string(ran->exit_code));
  }
  return {};
}

}  // namespace

Result<std::string> pdf_of_html(std::string_view html, Timestamp made, const PdfOptions& options) {
  const std::scoped_lock lock(one_at_a_time());
  const WorkFolder folder = WD_TRY(WorkFolder::create(options.work_folder, html));
  WD_TRY(draw(folder, html.size() <= kMaxTaggedBytes, options));
  std::string pdf = WD_TRY(read_drawn(folder.pdf(), options.max_bytes));
  put_time(pdf, made);
  return pdf;
}

}  // namespace warder::manager
