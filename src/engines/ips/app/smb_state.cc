#include "engines/ips/app/smb_state.h"

#include <algorithm>

namespace warder::ips::app {
namespace {

template <class Map>
void make_room(Map& map, std::size_t limit) {
  if (map.size() >= limit) map.erase(map.begin());
}

}  // namespace

SmbTransaction* SmbState::find(std::uint64_t id) {
  for (std::size_t i = 0; i < transactions_.size(); ++i) {
    if (transactions_[i].id == id) return dynamic_cast<SmbTransaction*>(&transactions_[i]);
  }
  return nullptr;
}

SmbTransaction& SmbState::open_request(std::uint64_t key, std::uint8_t version) {
  make_room(requests_, kMaxEntries);
  auto made = std::make_unique<SmbTransaction>();
  made->put(NumberId::SmbVersion, Direction::ToServer, version);
  made->put(NumberId::SmbVersion, Direction::ToClient, version);
  SmbTransaction& added = static_cast<SmbTransaction&>(transactions_.add(std::move(made)));
  requests_[key] = added.id;
  return added;
}

SmbTransaction* SmbState::find_request(std::uint64_t key) {
  const auto found = requests_.find(key);
  return found == requests_.end() ? nullptr : find(found->second);
}

void SmbState::close_request(std::uint64_t key) {
  if (SmbTransaction* transaction = find_request(key)) {
    transaction->complete(Direction::ToServer);
    transaction->complete(Direction::ToClient);
  }
  requests_.erase(key);
  reads_.erase(key);
  names_.erase(key);
}

void SmbState::remember_name(std::uint64_t key, std::string name, std::uint64_t tree) {
  make_room(names_, kMaxEntries);
  names_[key] = {std::move(name), tree};
}

void SmbState::open_handle(std::uint64_t key, const std::string& handle_id) {
  const auto name = names_.find(key);
  if (name == names_.end()) return;
  SmbHandle& opened = handle(handle_id, name->second.tree);
  opened.name = name->second.name;
  names_.erase(name);
}

SmbHandle& SmbState::handle(const std::string& handle_id, std::uint64_t tree) {
  const auto found = handles_.find(handle_id);
  if (found != handles_.end()) return found->second;
  if (handles_.size() >= kMaxEntries) {
    finish_files(handles_.begin()->second, false);
    handles_.erase(handles_.begin());
  }
  SmbHandle& made = handles_[handle_id];
  const auto pipe = pipe_trees_.find(tree);
  made.is_pipe = pipe != pipe_trees_.end() && pipe->second;
  return made;
}

void SmbState::finish_files(SmbHandle& handle, bool is_whole) {
  for (const Direction direction : {Direction::ToServer, Direction::ToClient}) {
    const std::uint64_t id = handle.file_transaction[index(direction)];
    if (id == 0) continue;
    if (SmbTransaction* transaction = find(id - 1)) {
      if (File* file = transaction->newest_file(direction)) {
        is_whole ? file->close() : file->truncate();
        transaction->touch(direction);
      }
      transaction->complete(Direction::ToServer);
      transaction->complete(Direction::ToClient);
    }
    handle.file_transaction[index(direction)] = 0;
  }
}

void SmbState::close_handle(const std::string& handle_id) {
  const auto found = handles_.find(handle_id);
  if (found == handles_.end()) return;
  finish_files(found->second, true);
  handles_.erase(found);
}

void SmbState::remember_read(std::uint64_t key, PendingRead read) {
  make_room(reads_, kMaxEntries);
  reads_[key] = std::move(read);
}

std::optional<SmbState::PendingRead> SmbState::take_read(std::uint64_t key) {
  const auto found = reads_.find(key);
  if (found == reads_.end()) return std::nullopt;
  PendingRead read = std::move(found->second);
  reads_.erase(found);
  return read;
}

void SmbState::set_pipe_tree(std::uint64_t tree, bool is_pipe) {
  make_room(pipe_trees_, kMaxEntries);
  pipe_trees_[tree] = is_pipe;
}

SmbTransaction& SmbState::file_transaction(SmbHandle& handle, Direction direction) {
  std::uint64_t& id = handle.file_transaction[index(direction)];
  if (id != 0) {
    if (SmbTransaction* found = find(id - 1)) return *found;
  }
  auto made = std::make_unique<SmbTransaction>();
  made->add_file(direction, std::make_unique<File>(handle.name, limits_, limits_.file_bytes));
  SmbTransaction& added = static_cast<SmbTransaction&>(transactions_.add(std::move(made)));
  id = added.id + 1;
  return added;
}

void SmbState::move_data(Direction direction, const std::string& handle_id, std::uint64_t tree, std::uint64_t offset,
                         ByteView bytes) {
  last_moved_[index(direction)].clear();
  SmbHandle& moved = handle(handle_id, tree);
  if (moved.is_pipe) {
    moved.rpc.feed(direction, bytes, transactions_);
    return;
  }
  SmbTransaction& transaction = file_transaction(moved, direction);
  std::uint64_t& next = moved.next_offset[index(direction)];
  if (offset < next) raise(SmbEvent::FileOverlap, direction, &transaction);
  next = std::max(next, offset + bytes.size());
  if (File* file = transaction.newest_file(direction)) file->append(bytes);
  transaction.touch(direction);
  last_moved_[index(direction)] = handle_id;
}

void SmbState::continue_data(Direction direction, ByteView bytes) {
  const auto found = handles_.find(last_moved_[index(direction)]);
  if (found == handles_.end()) return;
  SmbTransaction& transaction = file_transaction(found->second, direction);
  found->second.next_offset[index(direction)] += bytes.size();
  if (File* file = transaction.newest_file(direction)) file->append(bytes);
  transaction.touch(direction);
}

void SmbState::move_pipe(Direction direction, const std::string& handle_id, std::uint64_t tree, ByteView bytes) {
  SmbHandle& pipe = handle(handle_id, tree);
  pipe.is_pipe = true;
  pipe.rpc.feed(direction, bytes, transactions_);
}

void SmbState::raise(SmbEvent event, Direction direction, SmbTransaction* transaction) {
  if (transaction != nullptr) {
    transaction->raise(static_cast<std::uint8_t>(event), direction);
    return;
  }
  auto made = std::make_unique<SmbTransaction>();
  made->raise(static_cast<std::uint8_t>(event), direction);
  made->complete_only(direction);
  transactions_.add(std::move(made));
}

void SmbState::end(Direction direction) {
  for (auto& [id, opened] : handles_) {
    finish_files(opened, false);
    opened.rpc.end(direction, transactions_);
  }
  for (const auto& [key, id] : requests_) {
    SmbTransaction* transaction = find(id);
    if (transaction == nullptr) continue;
    // Nobody said that this is a pipe.
    const bool is_unanswered = transaction->is_tree_connect && !transaction->has(BufferId::SmbShare);
    if (is_unanswered && !transaction->has(BufferId::SmbNamedPipe)) {
      transaction->put(BufferId::SmbShare, Direction::ToServer, transaction->share);
    }
    transaction->complete(direction);
  }
}

}  // namespace warder::ips::app
