#include "python/handler_call.hpp"

#include "python/errors.hpp"
#include "python/running.hpp"

#include <algorithm>
#include <iterator>

namespace lambda_cache::python {

handler_call::handler_call(const plan& what, PyObject* const* args, std::size_t positional,
                           PyObject* kwnames)
    : what_(what),
      args_(args, args + positional + keyword_count(kwnames)),
      positional_(positional),
      kwnames_(ref::borrow(kwnames)) {
  find_context();
}

void handler_call::find_context() {
  const context_argument& where = what_.where;
  const auto position = static_cast<std::size_t>(where.position);
  if (positional_ > position) {
    context_at_ = position;
    return;
  }
  for (std::size_t i = 0; where.name && i < args_.size() - positional_; ++i) {
    PyObject* const name = PyTuple_GetItem(kwnames_.get(), static_cast<Py_ssize_t>(i));
    if (name != where.name.get() && PyUnicode_Compare(name, where.name.get()) != 0) continue;
    context_at_ = positional_ + i;
    return;
  }
  if (where.optional && (positional_ == position || where.name))
    add_context();
  else
    lacks_context_ = true;
}

/// As if None had been given.
void handler_call::add_context() {
  if (positional_ == static_cast<std::size_t>(what_.where.position)) {
    context_at_ = positional_++;
    args_.insert(args_.begin() + static_cast<std::ptrdiff_t>(context_at_), Py_None);
    return;
  }
  context_at_ = args_.size();
  args_.push_back(Py_None);
  const auto before = static_cast<Py_ssize_t>(keyword_count(kwnames_.get()));
  ref names = ref::steal(PyTuple_New(before + 1));
  if (!names) throw std::bad_alloc();
  for (Py_ssize_t i = 0; i < before; ++i)
    PyTuple_SetItem(names.get(), i, ref::borrow(PyTuple_GetItem(kwnames_.get(), i)).release());
  PyTuple_SetItem(names.get(), before, ref(what_.where.name).release());
  kwnames_ = std::move(names);
}

bool handler_call::prepare() {
  PyObject* const given = args_[context_at_];
  std::vector<reading> own;
  if (take_prefetched(what_, own)) {
    if (!call_functions(what_, given, results_)) return false;
  } else if (!read(own)) {
    return false;
  }
  std::vector<error_info> failures;
  for (reading& each : own)
    std::ranges::move(each.failures, std::back_inserter(failures));
  if (!failures.empty()) {
    raise(failures, stage::fetch);
    return false;
  }
  if (!into_.adapt(given)) return false;
  for (std::size_t i = 0; i < own.size(); ++i)
    if (!into_.set(what_.injections[i].name.get(), own[i].value.get())) return false;
  for (std::size_t i = 0; i < results_.size(); ++i)
    if (!into_.set(what_.functions[i].name.get(), results_[i].get())) return false;
  if (!into_.finish()) return false;
  args_[context_at_] = into_.context();
  return true;
}

bool handler_call::read(std::vector<reading>& own) {
  const std::vector<reader*> all = what_.readers();
  round asked(all);
  asked.start(args_[context_at_]);
  // The functions run while the answers are on their way.
  if (!call_functions(what_, args_[context_at_], results_)) {
    asked.give_up();
    return false;
  }
  if (!asked.wait() || !asked.finish(own)) return false;
  const auto first = static_cast<std::ptrdiff_t>(what_.injections.size());
  ready_.readers.assign(all.begin() + first, all.end());
  ready_.readings.assign(std::move_iterator(own.begin() + first), std::move_iterator(own.end()));
  own.resize(what_.injections.size());
  return true;
}

bool take_prefetched(const plan& what, std::vector<reading>& own) {
  for (invocation* frame = running; frame != nullptr; frame = frame->outer) {
    if (frame->ready == nullptr) continue;
    prefetched& ready = *frame->ready;
    std::vector<std::size_t> at;
    for (const injection& each : what.injections) {
      const auto found = std::ranges::find(ready.readers, each.from());
      if (found == ready.readers.end()) break;
      at.push_back(static_cast<std::size_t>(found - ready.readers.begin()));
    }
    if (at.size() != what.injections.size()) continue;
    for (const std::size_t i : at) {
      own.push_back(std::move(ready.readings[i]));
      ready.readers[i] = nullptr;  // once: a handler that is called again reads again
    }
    return true;
  }
  return false;
}

}  // namespace lambda_cache::python
