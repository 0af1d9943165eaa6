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

Result<OpenLogFile> Tail::open(const std::string& path) {
  auto opened = open_log_file(files_, path);
  if (!opened && opened.error().code != ErrorCode::NotFound)
    notice(TailNotice::Kind::Unreadable, path, opened.error().message);
  return opened;
}

std::vector<OpenLogFile> Tail::rotated(const std::string& path,
                                       const std::function<bool(const host::LogFileInfo&)>& wanted) {
  RotatedFiles found = open_rotated(files_, path, wanted);
  for (RotatedFiles::Unreadable& each : found.unreadable)
    notice(TailNotice::Kind::Unreadable, each.path, std::move(each.why));
  if (!found.is_whole) notice(TailNotice::Kind::Gap, path, "the files are rotated faster than they can be looked at");
  return std::move(found.files);
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
  }
  auto opened = open(info.path);
  if (!opened || knows(opened->info)) return;
  // It is held now, so what is between it and the last that is known can only be under the names of rotation.
  auto last = youngest(info.path);
  if (!last && !is_new_ && !is_same(info, opened->info.device, opened->info.inode)) {
    last.emplace();  // what was found has been rotated before it was opened
    last->path = info.path;
    last->modified_ns = info.modified_ns - 1;
  }
  const std::size_t before = followers_.size();
  if (last) recover_younger(*last, &*opened, time);
  auto& [real, file] = *opened;
  const auto known = std::ranges::find_if(closed_, [&](const FilePosition& position) {
    return is_same(real, position.device, position.inode) && real.bytes >= position.offset &&
           begins_with(*file, position.head);
  });
  const bool is_known = known != closed_.end();
  const std::uint64_t offset = is_known ? known->offset : is_new_ ? first_offset(*file, real.bytes) : 0;
  Follower* follower = start(real, std::move(file), offset, time);
  if (follower == nullptr) return;
  if (is_known) {
    follower->framing->restore(known->state);
    closed_.erase(known);
  }
  // Rotated since it was opened: what came after it has been found too.
  const auto first = followers_.begin() + static_cast<std::ptrdiff_t>(before);
  const auto younger = std::find_if(first, std::prev(followers_.end()),
                                    [&](const FollowerPtr& f) { return f->modified_ns > real.modified_ns; });
  follower->is_retired = younger != std::prev(followers_.end());
  std::rotate(younger, std::prev(followers_.end()), followers_.end());
}

void Tail::retire_unseen(const std::set<std::string>& live) {
  for (const FollowerPtr& follower : followers_) {
    if (!follower->is_retired && !live.contains(follower->path)) follower->is_retired = true;
  }
}

// The last that is known of the files that had this name.
std::optional<FilePosition> Tail::youngest(const std::string& path) const {
  std::optional<FilePosition> last;
  const auto is_younger = [&](std::int64_t modified_ns) { return !last || last->modified_ns <= modified_ns; };
  for (const FilePosition& closed : closed_)
    if (closed.path == path && is_younger(closed.modified_ns)) last = closed;
  for (const FollowerPtr& follower : followers_) {
    if (follower->path != path) continue;
    FilePosition position = position_of(*follower);
    // A copy's time says when it was copied.
    const auto now = follower->file->info();
    if (now && is_same(*now, follower->device, follower->inode)) position.modified_ns = now->modified_ns;
    if (is_younger(position.modified_ns)) last = std::move(position);
  }
  return last;
}

// Finds the file of a position again: under its name, or as what rotation made of it.
void Tail::recover(FilePosition position, const TailTime& time) {
  std::optional<OpenLogFile> found;
  if (!is_gzip_name(position.path)) {
    auto opened = open(position.path);
    const bool is_it = opened && is_same(opened->info, position.device, position.inode) &&
                       opened->info.bytes >= position.offset && begins_with(*opened->file, position.head);
    if (is_it) found = std::move(*opened);
  }
  const bool is_rotated = !found;
  if (is_rotated) found = find_rotated(position);
  if (!found) {
    if (!position.is_retired) {
      notice(TailNotice::Kind::Gap, position.path, "the file was rotated away while it was not followed");
      recover_younger(position, nullptr, time);
    }
    return;
  }
  auto& [info, file] = *found;
  // A copy's time says when it was copied.
  FilePosition last = position;
  if (is_same(info, position.device, position.inode)) last.modified_ns = info.modified_ns;
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
    recover_younger(last, nullptr, time);
  }
}

std::optional<OpenLogFile> Tail::find_rotated(const FilePosition& position) {
  auto family = rotated(position.path, [&](const host::LogFileInfo& info) {
    return info.modified_ns >= position.modified_ns && !knows(info);
  });
  // The file itself before its copies.
  std::ranges::stable_sort(
      family, {}, [&](const OpenLogFile& each) { return is_same(each.info, position.device, position.inode) ? 0 : 1; });
  for (OpenLogFile& each : family) {
    const bool is_same_file = is_same(each.info, position.device, position.inode);
    if (!is_same_file && position.head.bytes == 0) continue;
    if (!begins_with(*each.file, position.head)) continue;
    if (!is_gzip(*each.file) && each.info.bytes < position.offset) continue;
    return std::move(each);
  }
  return std::nullopt;
}

// A copy or a compressed form of a file that is or was followed.
bool Tail::is_copy(host::LogFile& file, std::initializer_list<Head> heads) const {
  const auto begins = [&](const Head& known) { return known.bytes > 0 && begins_with(file, known); };
  const auto is_of = [&](const FollowerPtr& follower) {
    // Of one that has not been read from yet, what is there.
    const bool is_unread = follower->head.bytes == 0;
    return begins(is_unread ? read_head_of(*follower->file).value_or(Head{}) : follower->head);
  };
  return std::ranges::any_of(heads, begins) || std::ranges::any_of(followers_, is_of) ||
         std::ranges::any_of(closed_, [&](const FilePosition& closed) { return begins(closed.head); });
}

// Files that came and went between: rotated after the one at `last` and before the `live` one, and never seen.
void Tail::recover_younger(const FilePosition& last, const OpenLogFile* live, const TailTime& time) {
  const Head live_head = live != nullptr ? read_head_of(*live->file).value_or(Head{}) : Head{};
  auto family = rotated(last.path, [&](const host::LogFileInfo& info) {
    // The clock of a file system moves in steps, within which a file may come and go.
    return info.modified_ns >= last.modified_ns && !knows(info) &&
           (live == nullptr || !is_same(info, live->info.device, live->info.inode));
  });
  std::ranges::stable_sort(family, {}, [](const OpenLogFile& each) { return each.info.modified_ns; });
  for (auto& [info, file] : family) {
    if (is_copy(*file, {last.head, live_head})) continue;
    auto head = read_head_of(*file);
    info.path = last.path;
    Follower* follower = start(info, std::move(file), 0, time);
    if (follower == nullptr) continue;
    follower->is_retired = true;
    if (head) follower->head = std::move(*head);
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
  if (auto copy = find_rotated(position)) {
    auto& [info, file] = *copy;
    info.path = follower.path;
    if (Follower* rest = start(info, std::move(file), position.offset, time)) {
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
