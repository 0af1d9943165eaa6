#include "records/tail.h"

#include <algorithm>
#include <array>
#include <utility>

#include "host/file_tree.h"
#include "records/gzip_file.h"

namespace warder::records {
namespace {

constexpr std::size_t kChunk = 64 << 10;
constexpr std::size_t kMaxClosed = 64;
constexpr std::size_t kMaxNotices = 64;
constexpr std::size_t kMaxFamily = 256;

bool is_same(const host::LogFileInfo& info, std::uint64_t device, std::uint64_t inode) noexcept {
  return info.device == device && info.inode == inode;
}

}  // namespace

struct Tail::Follower {
  std::string path;
  std::unique_ptr<host::LogFile> file;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t modified_ns = 0;
  Head head;
  std::unique_ptr<LineSplitter> splitter;
  std::unique_ptr<Framing> framing;
  bool is_retired = false;
  bool is_at_end = false;
  std::uint64_t seen_bytes = 0;
  std::chrono::steady_clock::time_point last_growth;
};

Tail::Tail(host::LogFiles& files, FileSource source, TailOptions options)
    : files_(files), source_(std::move(source)), options_(options), buffer_(kChunk) {}

Tail::~Tail() = default;

void Tail::restore(std::vector<FilePosition> positions) {
  is_new_ = false;
  for (FilePosition& position : positions) {
    if (position.is_closed) {
      closed_.push_back(std::move(position));
    } else {
      restored_.push_back(std::move(position));
    }
  }
}

void Tail::notice(TailNotice::Kind kind, const std::string& path, std::string why) {
  if (kind == TailNotice::Kind::Gap) ++counters_.gaps;
  // A gap is told each time, a state once.
  if (kind != TailNotice::Kind::Gap && !noticed_.insert(path).second) return;
  if (noticed_.size() > options_.max_files) noticed_.clear();
  if (notices_.size() < kMaxNotices) notices_.push_back({kind, path, std::move(why)});
}

std::vector<TailNotice> Tail::take_notices() {
  return std::exchange(notices_, {});
}

std::unique_ptr<host::LogFile> Tail::open(const host::LogFileInfo& info) {
  auto file = files_.open(info.path);
  if (!file) {
    if (file.error().code != ErrorCode::NotFound) notice(TailNotice::Kind::Unreadable, info.path, file.error().message);
    return nullptr;
  }
  if (info.path.ends_with(".gz")) return open_gzip(std::move(*file));
  return std::move(*file);
}

// The begin of the last line, so that one which is being written now is read whole.
std::uint64_t Tail::first_offset(host::LogFile& file, std::uint64_t bytes) {
  if (options_.from_start) return 0;
  const std::uint64_t from = bytes - std::min<std::uint64_t>(bytes, buffer_.size());
  const auto count = file.read(from, buffer_);
  if (!count) return bytes;
  const std::string_view text = as_text(ByteView(buffer_.data(), *count));
  const std::size_t end = text.rfind('\n');
  if (end == std::string_view::npos) return from == 0 ? 0 : bytes;
  std::uint64_t offset = from + end + 1;
  if (offset % 2 != 0 && bytes > 1) {  // UTF-16 LE: the line feed's second byte
    std::array<std::uint8_t, 2> mark{};
    const auto head = file.read(0, mark);
    if (head && *head == 2 && detect_encoding(mark) == Encoding::Utf16Le) ++offset;
  }
  return offset;
}

Tail::Follower* Tail::start(const host::LogFileInfo& info, std::unique_ptr<host::LogFile> file, std::uint64_t offset,
                            const TailTime& time) {
  if (followers_.size() >= options_.max_files) {
    notice(TailNotice::Kind::TooMany, info.path, "more files match than can be followed at once");
    return nullptr;
  }
  auto framing = make_framing(source_.framing);
  if (!framing) return nullptr;  // parse_file_source has made one before
  auto follower = std::make_unique<Follower>();
  follower->path = info.path;
  follower->file = std::move(file);
  follower->device = info.device;
  follower->inode = info.inode;
  follower->modified_ns = info.modified_ns;
  follower->framing = std::move(*framing);
  follower->last_growth = time.steady;
  if (offset > 0) {
    std::array<std::uint8_t, 2> mark{};
    const auto count = follower->file->read(0, mark);
    const Encoding encoding = count && *count == 2 ? detect_encoding(mark) : Encoding::Bytes;
    follower->splitter = std::make_unique<LineSplitter>(encoding, offset, options_.max_line_bytes);
    const auto head =
        read_head(*follower->file, static_cast<std::size_t>(std::min<std::uint64_t>(offset, kMaxHeadBytes)));
    if (head) follower->head = *head;
  }
  followers_.push_back(std::move(follower));
  return followers_.back().get();
}

bool Tail::knows(const host::LogFileInfo& info) const {
  return std::ranges::any_of(followers_, [&](const FollowerPtr& f) { return is_same(info, f->device, f->inode); });
}

std::vector<host::LogFileInfo> Tail::find_live(const TailTime& time) {
  const std::string pattern = expand_time(source_.path, time.wall, time.utc_offset);
  auto found = files_.find(pattern, options_.max_files * 4);
  std::set<std::string, std::less<>> paths;
  for (const host::LogFileInfo& info : found) paths.insert(info.path);
  const auto is_rotated = [&](const std::string& path) {
    // "x.log.1" is what became of "x.log" only where there is (or was) one.
    for (std::size_t at = path.size(); (at = path.find_last_of(".-_", at - 1)) != std::string::npos && at > 0;) {
      const std::string live = path.substr(0, at);
      if (!is_rotated_name(live, path)) continue;
      const bool is_followed = std::ranges::any_of(followers_, [&](const FollowerPtr& f) { return f->path == live; });
      if (is_followed || paths.contains(live)) return true;
    }
    return false;
  };
  std::erase_if(found,
                [&](const host::LogFileInfo& info) { return is_compressed_name(info.path) || is_rotated(info.path); });
  return found;
}

void Tail::scan(const TailTime& time) {
  for (FilePosition& position : std::exchange(restored_, {})) recover(std::move(position), time);
  std::set<std::string> live;
  for (const host::LogFileInfo& info : find_live(time)) {
    live.insert(info.path);
    see(info, time);
  }
  retire_unseen(live);
  is_new_ = false;
}

void Tail::see(const host::LogFileInfo& info, const TailTime& time) {
  for (const FollowerPtr& follower : followers_) {
    if (is_same(info, follower->device, follower->inode)) {
      if (!follower->is_retired) follower->path = info.path;
      if (follower->path == info.path) follower->is_retired = false;
      return;
    }
  }
  const auto replaced = std::ranges::find_if(
      followers_, [&](const FollowerPtr& follower) { return follower->path == info.path && !follower->is_retired; });
  if (replaced != followers_.end()) {
    Follower& old = **replaced;
    old.is_retired = true;
    old.last_growth = time.steady;
    ++counters_.rotations;
    // More than one rotation since the last look.
    const auto last = old.file->info();
    if (last) recover_younger(position_of(old), last->modified_ns, time);
  }
  auto file = open(info);
  if (!file) return;
  const auto opened = file->info();
  if (!opened) return;
  host::LogFileInfo real = *opened;
  real.path = info.path;
  if (knows(real)) return;
  const auto known = std::ranges::find_if(closed_, [&](const FilePosition& position) {
    return is_same(real, position.device, position.inode) && real.bytes >= position.offset &&
           begins_with(*file, position.head);
  });
  if (known != closed_.end()) {
    FilePosition position = std::move(*known);
    closed_.erase(known);
    if (Follower* follower = start(real, std::move(file), position.offset, time))
      follower->framing->restore(position.state);
    return;
  }
  const std::uint64_t offset = is_new_ ? first_offset(*file, real.bytes) : 0;
  start(real, std::move(file), offset, time);
}

void Tail::retire_unseen(const std::set<std::string>& live) {
  for (const FollowerPtr& follower : followers_) {
    if (!follower->is_retired && !live.contains(follower->path)) follower->is_retired = true;
  }
}

// Finds the file of a position again: under its name, or as what rotation made of it.
void Tail::recover(FilePosition position, const TailTime& time) {
  host::LogFileInfo info;
  info.path = position.path;
  std::unique_ptr<host::LogFile> file;
  if (!position.path.ends_with(".gz")) {
    if (auto opened = files_.open(position.path)) {
      const auto now = (*opened)->info();
      const bool is_it = now && is_same(*now, position.device, position.inode) && now->bytes >= position.offset &&
                         begins_with(**opened, position.head);
      if (is_it) {
        info = *now;
        file = std::move(*opened);
      }
    }
  }
  const bool is_rotated = !file;
  if (is_rotated) file = find_rotated(position, info);
  if (!file) {
    if (!position.is_retired) {
      notice(TailNotice::Kind::Gap, position.path, "the file was rotated away while it was not followed");
      recover_younger(position, position.modified_ns, time);
    }
    return;
  }
  // A copy's time says when it was copied.
  const bool is_itself = is_same(info, position.device, position.inode);
  const std::int64_t modified_ns = is_itself ? info.modified_ns : position.modified_ns;
  info.path = position.path;
  Follower* follower = start(info, std::move(file), position.offset, time);
  if (follower == nullptr) {
    closed_.push_back(std::move(position));
    return;
  }
  follower->framing->restore(position.state);
  follower->is_retired = is_rotated || position.is_retired;
  if (is_rotated && !position.is_retired) {
    ++counters_.rotations;
    recover_younger(position, modified_ns, time);
  }
}

std::unique_ptr<host::LogFile> Tail::find_rotated(const FilePosition& position, host::LogFileInfo& found) {
  std::vector<host::LogFileInfo> family = files_.find(position.path + "*", kMaxFamily);
  std::erase_if(family, [&](const host::LogFileInfo& info) {
    return !is_rotated_name(position.path, info.path) || info.modified_ns < position.modified_ns || knows(info);
  });
  // The file itself before its copies.
  std::ranges::stable_sort(family, {}, [&](const host::LogFileInfo& info) {
    return is_same(info, position.device, position.inode) ? 0 : 1;
  });
  for (const host::LogFileInfo& info : family) {
    const bool is_same_file = is_same(info, position.device, position.inode);
    if (!is_same_file && position.head.bytes == 0) continue;
    auto file = open(info);
    if (!file || !begins_with(*file, position.head)) continue;
    const bool is_compressed = info.path.ends_with(".gz");
    if (!is_compressed && info.bytes < position.offset) continue;
    found = info;
    return file;
  }
  return nullptr;
}

// A copy or a compressed form of a file that is or was followed.
bool Tail::is_copy(host::LogFile& file, const Head& head) const {
  const auto begins = [&](const Head& known) { return known.bytes > 0 && begins_with(file, known); };
  return begins(head) || std::ranges::any_of(followers_, [&](const FollowerPtr& f) { return begins(f->head); }) ||
         std::ranges::any_of(closed_, [&](const FilePosition& closed) { return begins(closed.head); });
}

// Files that came and went between: rotated after the one at `position`, and never seen.
void Tail::recover_younger(const FilePosition& position, std::int64_t after_ns, const TailTime& time) {
  std::vector<host::LogFileInfo> family = files_.find(position.path + "*", kMaxFamily);
  std::erase_if(family, [&](const host::LogFileInfo& info) {
    return !is_rotated_name(position.path, info.path) || info.modified_ns <= after_ns || knows(info) ||
           is_same(info, position.device, position.inode);
  });
  std::ranges::stable_sort(family, {}, &host::LogFileInfo::modified_ns);
  for (host::LogFileInfo info : family) {
    auto file = open(info);
    if (!file || is_copy(*file, position.head)) continue;
    info.path = position.path;
    if (Follower* follower = start(info, std::move(file), 0, time)) follower->is_retired = true;
  }
}

bool Tail::waits_for_older(const Follower& follower) const {
  for (const FollowerPtr& other : followers_) {
    if (other.get() == &follower) return false;
    if (other->is_retired && other->path == follower.path && !other->is_at_end) return true;
  }
  return false;
}

bool Tail::poll(const TailTime& time, std::size_t budget, const Take& take) {
  if (time.steady >= next_scan_ || !restored_.empty()) {
    scan(time);
    next_scan_ = time.steady + options_.rescan;
  }
  bool has_more = false;
  counters_.lag_bytes = 0;
  // begin_again() may add followers in front, so not by iterator.
  for (std::size_t i = 0; i < followers_.size(); ++i) {
    Follower& follower = *followers_[i];
    if (waits_for_older(follower)) {
      has_more = true;
      continue;
    }
    if (budget == 0) {
      has_more = true;
      break;
    }
    if (read(follower, time, budget, take) == Progress::More) {
      has_more = true;
      follower.is_at_end = false;
    } else {
      follower.is_at_end = true;
      settle(follower, time, take);
    }
  }
  // Whoever was read least recently is first next time, but old files stay before young ones of the same name.
  std::erase_if(followers_, [&](FollowerPtr& follower) { return is_over(*follower, time, take); });
  std::ranges::stable_partition(followers_, [](const FollowerPtr& follower) { return follower->is_retired; });
  return has_more;
}

Tail::Progress Tail::read(Follower& follower, const TailTime& time, std::size_t& budget, const Take& take) {
  if (!follower.splitter) {
    std::array<std::uint8_t, 2> mark{};
    const auto count = follower.file->read(0, mark);
    if (!count || *count == 0) return Progress::AtEnd;
    const bool may_be_mark = mark[0] == 0xff || mark[0] == 0xfe;
    if (*count == 1 && may_be_mark && !follower.is_retired) return Progress::AtEnd;
    const Encoding encoding = *count == 2 ? detect_encoding(mark) : Encoding::Bytes;
    follower.splitter = std::make_unique<LineSplitter>(encoding, 0, options_.max_line_bytes);
  }
  const std::uint64_t offset = follower.splitter->fed();
  const std::size_t wanted = std::min(buffer_.size(), budget);
  const auto count = follower.file->read(offset, std::span(buffer_).first(wanted));
  const auto info = follower.file->info();
  if (!count || !info) {
    notice(TailNotice::Kind::Unreadable, follower.path, count ? info.error().message : count.error().message);
    return Progress::AtEnd;
  }
  // Looked at after reading: what was read is of the file it seemed to be.
  const bool is_changed = *count > 0 || info->modified_ns != follower.modified_ns;
  const bool may_be_cut = !is_gzip(*follower.file);
  if (may_be_cut && (info->bytes < offset + *count || (is_changed && !begins_with(*follower.file, follower.head)))) {
    begin_again(follower, time, take);
    return Progress::More;
  }
  follower.seen_bytes = info->bytes;
  follower.modified_ns = info->modified_ns;
  if (info->bytes > offset + *count) counters_.lag_bytes += info->bytes - offset - *count;
  if (*count == 0) return Progress::AtEnd;
  budget -= *count;
  follower.last_growth = time.steady;
  const ByteView bytes(buffer_.data(), *count);
  follower.splitter->feed(bytes, [&](const Line& line) {
    follower.framing->add(line, [&](Record record) { take(follower.path, std::move(record)); });
  });
  if (follower.head.bytes < kMaxHeadBytes) {
    const std::uint64_t have = std::min<std::uint64_t>(kMaxHeadBytes, follower.splitter->fed());
    if (auto head = read_head(*follower.file, static_cast<std::size_t>(have))) follower.head = std::move(*head);
  }
  return *count == wanted ? Progress::More : Progress::AtEnd;
}

// The file was cut: what was not read of it is in a copy, if there is one.
void Tail::begin_again(Follower& follower, const TailTime& time, const Take& take) {
  ++counters_.truncations;
  FilePosition position = position_of(follower);
  position.inode = 0;  // a copy, not this file
  host::LogFileInfo info;
  auto copy = find_rotated(position, info);
  if (copy) {
    info.path = follower.path;
    if (Follower* rest = start(info, std::move(copy), position.offset, time)) {
      rest->framing->restore(position.state);
      rest->is_retired = true;
      const auto at = std::ranges::find(followers_, &follower, &FollowerPtr::get);
      std::rotate(at, std::prev(followers_.end()), followers_.end());
    }
  } else {
    const bool has_unread = follower.seen_bytes > follower.splitter->fed() || follower.splitter->has_partial();
    follower.framing->flush([&](Record record) { take(follower.path, std::move(record)); });
    if (has_unread) notice(TailNotice::Kind::Gap, follower.path, "the file was cut before it was read to its end");
  }
  follower.splitter.reset();
  follower.head = {};
  if (auto framing = make_framing(source_.framing)) follower.framing = std::move(*framing);
  follower.last_growth = time.steady;
}

void Tail::settle(Follower& follower, const TailTime& time, const Take& take) {
  if (time.steady - follower.last_growth < options_.settle) return;
  follower.framing->flush([&](Record record) { take(follower.path, std::move(record)); });
}

// A rotated file at whose end nothing has been added for a while, or that can get nothing more.
bool Tail::is_over(Follower& follower, const TailTime& time, const Take& take) {
  if (!follower.is_retired || !follower.is_at_end) return false;
  const bool cannot_grow = is_gzip(*follower.file);
  if (!cannot_grow && time.steady - follower.last_growth < options_.grace) return false;
  const auto hand_over = [&](Record record) { take(follower.path, std::move(record)); };
  if (follower.splitter) follower.splitter->finish([&](const Line& line) { follower.framing->add(line, hand_over); });
  follower.framing->flush(hand_over);
  FilePosition position = position_of(follower);
  position.is_closed = true;
  closed_.push_back(std::move(position));
  if (closed_.size() > kMaxClosed) closed_.pop_front();
  return true;
}

FilePosition Tail::position_of(const Follower& follower) const {
  FilePosition position;
  position.path = follower.path;
  position.device = follower.device;
  position.inode = follower.inode;
  position.modified_ns = follower.modified_ns;
  position.head = follower.head;
  position.is_retired = follower.is_retired;
  position.state = follower.framing->state();
  if (follower.splitter) position.offset = follower.framing->pending().value_or(follower.splitter->done());
  return position;
}

std::vector<FilePosition> Tail::positions() const {
  std::vector<FilePosition> all(closed_.begin(), closed_.end());
  all.insert(all.end(), restored_.begin(), restored_.end());
  for (const FollowerPtr& follower : followers_) all.push_back(position_of(*follower));
  return all;
}

TailCounters Tail::counters() const {
  TailCounters counters = counters_;
  counters.files = followers_.size();
  return counters;
}

}  // namespace warder::records
