//! A thread that is attached to the Java VM, and wrappers of the JNI functions that it calls. Each checks for an
//! exception, which becomes the error's text. Callers pass objects of the classes that a method is for: JNI does not
//! check that.

use std::{
    ffi::{CStr, c_void},
    ptr,
};

use jni_sys::{
    JNI_EDETACHED, JNI_OK, JNI_VERSION_1_6, JNIEnv, JavaVM, jint, jmethodID, jobject, jsize, jvalue,
};

/// Calls a function of JNI.
macro_rules! jni {
    ($env:expr, $version:ident.$name:ident $(, $argument:expr)*) => {{
        let raw = $env.raw;
        // SAFETY: `raw` is this thread's interface, which is valid while the thread is attached. The arguments are
        // alive, of the types that the function takes, and belong to this thread.
        unsafe { ((**raw).$version.$name)(raw $(, $argument)*) }
    }};
}

/// Runs `work` on this thread with the process's Java VM, which `library` knows.
pub(super) fn attached<T>(
    library: &CStr,
    work: impl FnOnce(&Env) -> Result<T, String>,
) -> Result<T, String> {
    let vm = created_vm(library)?;
    let mut raw: *mut c_void = ptr::null_mut();
    // SAFETY: A Java VM exists until its process ends, and `raw` is valid for writes.
    let attached = unsafe { ((**vm).v1_2.GetEnv)(vm, &mut raw, JNI_VERSION_1_6) };
    let detach = match attached {
        JNI_OK => false,
        JNI_EDETACHED => {
            // SAFETY: As above. Without arguments the VM names the thread itself.
            let error = unsafe { ((**vm).v1_1.AttachCurrentThread)(vm, &mut raw, ptr::null_mut()) };
            check(error, "attach the thread to the Java VM")?;
            true
        }
        error => return Err(format!("The Java VM is too old: error {error}")),
    };
    let env = Env {
        raw: raw.cast(),
        detach: detach.then_some(vm),
    };
    if jni!(env, v1_2.ExceptionCheck) {
        return Err("This thread has an exception of Java pending".to_owned());
    }
    work(&env)
}

/// The process's Java VM. A program without Java has none.
fn created_vm(library: &CStr) -> Result<*mut JavaVM, String> {
    type GetCreatedJavaVms = unsafe extern "system" fn(*mut *mut JavaVM, jsize, *mut jsize) -> jint;

    // SAFETY: Both names are valid. The library is the system's and never closed.
    let function = unsafe {
        let library = libc::dlopen(library.as_ptr(), libc::RTLD_NOW);
        if library.is_null() {
            ptr::null_mut()
        } else {
            libc::dlsym(library, c"JNI_GetCreatedJavaVMs".as_ptr())
        }
    };
    if function.is_null() {
        return Err(format!(
            "{} has no JNI_GetCreatedJavaVMs for apps (Android 12 has)",
            library.to_string_lossy()
        ));
    }
    // SAFETY: The function has this type in all versions of JNI.
    let get_created: GetCreatedJavaVms = unsafe { std::mem::transmute(function) };
    let (mut vm, mut count) = (ptr::null_mut(), 0);
    // SAFETY: There is room for one VM, as the second argument says.
    let error = unsafe { get_created(&mut vm, 1, &mut count) };
    check(error, "find the Java VM")?;
    if count < 1 || vm.is_null() {
        return Err("This process has no Java VM".to_owned());
    }
    Ok(vm)
}

fn check(error: jint, what: &str) -> Result<(), String> {
    if error == JNI_OK {
        Ok(())
    } else {
        Err(format!("Can't {what}: error {error}"))
    }
}

/// An attached thread. It is detached again when this is dropped.
pub(super) struct Env {
    raw: *mut JNIEnv,
    /// The VM, if the thread was not attached before.
    detach: Option<*mut JavaVM>,
}

impl Drop for Env {
    fn drop(&mut self) {
        if let Some(vm) = self.detach {
            // SAFETY: This thread is attached, and no exception is pending, since each call clears its own.
            let _ = unsafe { ((**vm).v1_1.DetachCurrentThread)(vm) };
        }
    }
}

/// A reference to a Java object, released when it is dropped. Android has room for few of them.
pub(super) struct Object<'env> {
    env: &'env Env,
    raw: jobject,
}

impl Object<'_> {
    pub(super) fn is_null(&self) -> bool {
        self.raw.is_null()
    }
}

impl Drop for Object<'_> {
    fn drop(&mut self) {
        if !self.raw.is_null() {
            jni!(self.env, v1_1.DeleteLocalRef, self.raw);
        }
    }
}

/// A method of a class, with the types of its arguments and its result.
pub(super) struct Method<'a> {
    class: &'a Object<'a>,
    id: jmethodID,
    is_static: bool,
}

impl Env {
    /// A class of the system, by its name with slashes.
    pub(super) fn class(&self, name: &CStr) -> Result<Object<'_>, String> {
        let class = self.object(jni!(self, v1_1.FindClass, name.as_ptr()));
        self.checked(class)
    }

    pub(super) fn method<'a>(
        &self,
        class: &'a Object<'_>,
        name: &CStr,
        types: &CStr,
    ) -> Result<Method<'a>, String> {
        let id = jni!(
            self,
            v1_1.GetMethodID,
            class.raw,
            name.as_ptr(),
            types.as_ptr()
        );
        self.checked(Method {
            class,
            id,
            is_static: false,
        })
    }

    pub(super) fn static_method<'a>(
        &self,
        class: &'a Object<'_>,
        name: &CStr,
        types: &CStr,
    ) -> Result<Method<'a>, String> {
        let id = jni!(
            self,
            v1_1.GetStaticMethodID,
            class.raw,
            name.as_ptr(),
            types.as_ptr()
        );
        self.checked(Method {
            class,
            id,
            is_static: true,
        })
    }

    /// A Java string.
    pub(super) fn new_string(&self, text: &CStr) -> Result<Object<'_>, String> {
        let string = self.object(jni!(self, v1_1.NewStringUTF, text.as_ptr()));
        self.checked(string)
    }

    /// Calls a method that takes `arguments`, all objects, and returns an object or null. A static one needs no `this`.
    pub(super) fn call(
        &self,
        this: Option<&Object<'_>>,
        method: &Method<'_>,
        arguments: &[Option<&Object<'_>>],
    ) -> Result<Object<'_>, String> {
        let arguments = values(arguments);
        let result = match this {
            Some(this) if !method.is_static => {
                jni!(
                    self,
                    v1_1.CallObjectMethodA,
                    this.raw,
                    method.id,
                    arguments.as_ptr()
                )
            }
            _ if method.is_static => {
                jni!(
                    self,
                    v1_1.CallStaticObjectMethodA,
                    method.class.raw,
                    method.id,
                    arguments.as_ptr()
                )
            }
            _ => return Err("A method was called without an object".to_owned()),
        };
        let result = self.object(result);
        self.checked(result)
    }

    /// Calls a method that takes `arguments` and returns nothing.
    pub(super) fn call_void(
        &self,
        this: &Object<'_>,
        method: &Method<'_>,
        arguments: &[Option<&Object<'_>>],
    ) -> Result<(), String> {
        let arguments = values(arguments);
        jni!(
            self,
            v1_1.CallVoidMethodA,
            this.raw,
            method.id,
            arguments.as_ptr()
        );
        self.checked(())
    }

    /// Calls a method without arguments that returns a boolean.
    pub(super) fn call_boolean(
        &self,
        this: &Object<'_>,
        method: &Method<'_>,
    ) -> Result<bool, String> {
        let result = jni!(
            self,
            v1_1.CallBooleanMethodA,
            this.raw,
            method.id,
            ptr::null()
        );
        self.checked(result)
    }

    /// The text of a Java string. What is not Unicode in it is replaced.
    pub(super) fn string(&self, string: &Object<'_>) -> Result<String, String> {
        if string.is_null() {
            return Err("Java returned no string".to_owned());
        }
        let text = self.text(string);
        self.checked(text)
    }

    fn text(&self, string: &Object<'_>) -> String {
        let length = jni!(self, v1_1.GetStringLength, string.raw);
        let mut units = vec![0_u16; usize::try_from(length).unwrap_or(0)];
        jni!(
            self,
            v1_2.GetStringRegion,
            string.raw,
            0,
            length,
            units.as_mut_ptr()
        );
        String::from_utf16_lossy(&units)
    }

    /// The bytes of a Java array of bytes.
    pub(super) fn bytes(&self, array: &Object<'_>) -> Result<Vec<u8>, String> {
        if array.is_null() {
            return Err("Java returned no array".to_owned());
        }
        let length = jni!(self, v1_1.GetArrayLength, array.raw);
        let mut bytes = vec![0_u8; usize::try_from(length).unwrap_or(0)];
        jni!(
            self,
            v1_1.GetByteArrayRegion,
            array.raw,
            0,
            length,
            bytes.as_mut_ptr().cast()
        );
        self.checked(bytes)
    }

    fn object(&self, raw: jobject) -> Object<'_> {
        Object { env: self, raw }
    }

    /// The result of a call, or the exception that it threw, which is cleared.
    fn checked<T>(&self, result: T) -> Result<T, String> {
        let exception = self.object(jni!(self, v1_1.ExceptionOccurred));
        if exception.is_null() {
            return Ok(result);
        }
        jni!(self, v1_1.ExceptionClear);
        Err(self
            .describe(&exception)
            .unwrap_or_else(|| "Java threw an exception".to_owned()))
    }

    /// The exception's class and message. `None` if asking for them throws in turn.
    fn describe(&self, exception: &Object<'_>) -> Option<String> {
        // Not by `checked`, which would come back here.
        let clear = || {
            let thrown = jni!(self, v1_2.ExceptionCheck);
            if thrown {
                jni!(self, v1_1.ExceptionClear);
            }
            thrown
        };
        let class = self.object(jni!(self, v1_1.GetObjectClass, exception.raw));
        let (name, types) = (c"toString", c"()Ljava/lang/String;");
        let id = jni!(
            self,
            v1_1.GetMethodID,
            class.raw,
            name.as_ptr(),
            types.as_ptr()
        );
        if clear() {
            return None;
        }
        let text = jni!(self, v1_1.CallObjectMethodA, exception.raw, id, ptr::null());
        let text = self.object(text);
        if clear() || text.is_null() {
            return None;
        }
        let text = self.text(&text);
        (!clear()).then_some(text)
    }
}

fn values(arguments: &[Option<&Object<'_>>]) -> Vec<jvalue> {
    let raw = |object: &Option<&Object<'_>>| object.map_or(ptr::null_mut(), |object| object.raw);
    arguments
        .iter()
        .map(|object| jvalue { l: raw(object) })
        .collect()
}
