#pragma once

#include <napi.h>

#include <string>

namespace mmapdir {

/// Gives an object a property of its own. Object::Set() would run the setters that a program may have put
/// on Object.prototype, in the middle of native code, and hand them what is set.
inline void define(const Napi::Object& object, napi_value key, napi_value value) {
  const napi_property_descriptor property = {nullptr, key,   nullptr, nullptr, nullptr,
                                             value,   napi_default_jsproperty, nullptr};
  if (napi_define_properties(object.Env(), object, 1, &property) != napi_ok) throw Napi::Error::New(object.Env());
}

inline void define(const Napi::Object& object, const char* name, const Napi::Value& value) {
  define(object, Napi::String::New(object.Env(), name), value);
}

inline void define(const Napi::Object& object, const char* name, double value) {
  define(object, name, Napi::Number::New(object.Env(), value));
}

inline void define(const Napi::Object& object, const char* name, bool value) {
  define(object, name, Napi::Boolean::New(object.Env(), value));
}

inline void define(const Napi::Object& object, const char* name, const std::string& value) {
  define(object, name, Napi::String::New(object.Env(), value));
}

inline void defineFunction(const Napi::Object& object, const char* name,
                           Napi::Value (*function)(const Napi::CallbackInfo&)) {
  define(object, name, Napi::Function::New(object.Env(), function, name));
}

/// Array.prototype may have setters, too.
inline void append(const Napi::Array& array, const Napi::Value& value) {
  define(array, Napi::String::New(array.Env(), std::to_string(array.Length())), value);
}

}  // namespace mmapdir
