// Owns the visitor helper: a std::visit that misses a case does not compile.
// Thread rule: a type only.
#pragma once

namespace elector::model {

template <class... Fs>
struct Overloaded : Fs... {
    using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

}  // namespace elector::model
