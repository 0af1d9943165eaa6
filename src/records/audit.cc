#include "records/audit.h"

#include <algorithm>
#include <deque>

#include "base/text.h"

namespace warder::records {
namespace {

constexpr std::size_t kMaxOpen = 8;
constexpr std::size_t kMaxRemembered = 64;

// linux/audit.h: the records of one kernel event have numbers 1300–1399 and end with EOE (1320). Those that programs
// write (1100–1299, 2000–2999: USER_LOGIN, ADD_USER …) and the daemon's own are events of one record.
bool is_part(std::string_view line) noexcept {
  static constexpr std::string_view kParts[] = {"SYSCALL",
                                                "PATH",
                                                "IPC",
                                                "SOCKETCALL",
                                                "CONFIG_CHANGE",
                                                "SOCKADDR",
                                                "CWD",
                                                "EXECVE",
                                                "FD_PAIR",
                                                "IPC_SET_PERM",
                                                "MQ_OPEN",
                                                "MQ_SENDRECV",
                                                "MQ_NOTIFY",
                                                "MQ_GETSETATTR",
                                                "OBJ_PID",
                                                "BPRM_FCAPS",
                                                "CAPSET",
                                                "MMAP",
                                                "NETFILTER_CFG",
                                                "SECCOMP",
                                                "PROCTITLE",
                                                "FEATURE_CHANGE",
                                                "KERN_MODULE",
                                                "FANOTIFY",
                                                "TIME_INJOFFSET",
                                                "TIME_ADJNTPVAL",
                                                "BPF",
                                                "OPENAT2",
                                                "AVC",
                                                "TTY",
                                                "EOE"};
  const std::size_t at = line.find("type=");
  if (at == std::string_view::npos) return false;
  const std::string_view rest = line.substr(at + 5);
  const std::string_view type = rest.substr(0, rest.find(' '));
  return std::ranges::find(kParts, type) != std::end(kParts);
}

bool is_end(std::string_view line) noexcept {
  return line.find("type=EOE ") != std::string_view::npos;
}

struct OpenEvent {
  std::string id;
  Record record;
  bool is_done = false;
};

class AuditFraming final : public Framing {
 public:
  explicit AuditFraming(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  void add(const Line& line, const Take& take) override {
    if (line.text.empty()) return;
    const std::string_view id = audit_event_id(line.text);
    // Read again after a restart: the event went out before.
    if (!id.empty() && std::ranges::find(restored_, id) != restored_.end()) return;
    auto at = std::ranges::find_if(open_, [&](const OpenEvent& event) { return !id.empty() && event.id == id; });
    if (at == open_.end()) {
      std::erase(gone_, id);  // late, after a flush: a record of its own
      open_.push_back({std::string(id), {{}, line.begin, line.end, false}, false});
      at = std::prev(open_.end());
    }
    if (!is_end(line.text)) append(at->record, line);
    at->record.end = line.end;
    at->is_done = is_end(line.text) || !is_part(line.text);
    while (!open_.empty() && (open_.front().is_done || open_.size() > kMaxOpen)) hand_over_first(take);
  }

  void flush(const Take& take) override {
    while (!open_.empty()) hand_over_first(take);
  }

  [[nodiscard]] std::optional<std::uint64_t> pending() const override {
    return open_.empty() ? std::nullopt : std::optional(open_.front().record.begin);
  }

  [[nodiscard]] std::string state() const override {
    std::string text;
    for (const auto* ids : {&restored_, &gone_}) {
      for (const std::string& id : *ids) text.append(text.empty() ? "" : ",").append(id);
    }
    return text;
  }

  void restore(std::string_view state) override {
    restored_.clear();
    for (const std::string_view id : split(state, ',')) {
      if (!id.empty() && restored_.size() < kMaxRemembered) restored_.emplace_back(id);
    }
  }

 private:
  void append(Record& record, const Line& line) {
    record.is_cut = record.is_cut || line.is_cut;
    std::string_view text = line.text;
    if (!record.text.empty() && record.text.size() < max_bytes_) record.text.push_back(' ');
    const std::size_t room = max_bytes_ - std::min(max_bytes_, record.text.size());
    record.is_cut = record.is_cut || text.size() > room;
    record.text.append(text.substr(0, room));
  }

  void hand_over_first(const Take& take) {
    OpenEvent event = std::move(open_.front());
    open_.pop_front();
    if (!event.id.empty()) {
      gone_.push_back(std::move(event.id));
      if (gone_.size() > kMaxRemembered / 2) gone_.pop_front();
      if (gone_.size() == kMaxRemembered / 2) restored_.clear();
    }
    if (!event.record.text.empty()) take(std::move(event.record));
  }

  std::size_t max_bytes_;
  std::deque<OpenEvent> open_;
  std::deque<std::string> gone_;      // the last events handed over
  std::deque<std::string> restored_;  // those of the process before
};

}  // namespace

std::string_view audit_event_id(std::string_view line) noexcept {
  constexpr std::string_view kMark = "msg=audit(";
  const std::size_t at = line.find(kMark);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = line.substr(at + kMark.size());
  const std::size_t end = rest.find(')');
  if (end == std::string_view::npos || end > 40 || rest.substr(0, end).find(',') != std::string_view::npos) return {};
  return rest.substr(0, end);
}

std::unique_ptr<Framing> make_audit_framing(std::size_t max_bytes) {
  return std::make_unique<AuditFraming>(max_bytes);
}

}  // namespace warder::records
