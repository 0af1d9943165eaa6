// Port: the kernel asks before a file is opened or run, and whoever opens it waits for the answer.
#pragma once

#include <cstdint>
#include <vector>

#include "base/file.h"
#include "base/result.h"

namespace warder::host {

/// Which file, and as of which change. The time of change (ctime) moves with every change and no program can set it.
struct FileVersion {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t changed_ns = 0;  // since 1970
  std::uint64_t bytes = 0;
  friend bool operator==(const FileVersion&, const FileVersion&) = default;
};

enum class GateEventKind : std::uint8_t {
  Open,     // a question
  Execute,  // a question: it is about to be run; an open of the same file comes as well
  Written,  // no question: one that could write to it is done
  Lost,     // no question, no file: the kernel could not keep all "written" events
};

struct GateEvent {
  GateEventKind kind = GateEventKind::Open;
  std::int32_t pid = 0;  // as this process sees it; 0: of a process outside its view
  UniqueFd file;         // for reading, from its beginning; using it raises no event
};

struct GateCoverage {
  bool asks_opens = false;
  bool asks_executions = false;
  bool tells_writes = false;
};

/// Single-threaded, except that another process may hold it as well to keep the questions waiting (see settle).
class FileGate {
 public:
  virtual ~FileGate() = default;
  /// Readable when there are events.
  [[nodiscard]] virtual int fd() const noexcept = 0;
  /// Bytes of events that wait to be read.
  [[nodiscard]] virtual std::size_t waiting() const noexcept = 0;
  /// Covers the whole file system that the open file or directory lies on, wherever it is mounted; or, with nothing to
  /// ask or tell, no longer.
  virtual Result<void> cover(int directory, const GateCoverage& coverage) = 0;
  /// Appends what is there, without blocking.
  virtual void read(std::vector<GateEvent>& into) = 0;
  /// Ends a question. The file is still open afterwards.
  virtual void answer(int file, bool is_allowed) = 0;
  /// No question for opens of this file until its content changes, it is told as written, or memory is short. False
  /// when the kernel does not promise that, e.g. because somebody can write to it now.
  virtual bool remember(int file) = 0;
  virtual void forget(int file) = 0;
  virtual void forget_all() = 0;
  /// Answers every question that a reader took and died with.
  virtual void settle(bool is_allowed) = 0;
};

}  // namespace warder::host
