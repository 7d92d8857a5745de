//! Calls of Java on Android, without a class of the app's.
//!
//! Dart loads this library with `dlopen`, so Java's `JNI_OnLoad` is not called. The virtual machine is found by
//! `JNI_GetCreatedJavaVMs`, which an app may use from API level 31 on. It is looked up in `libnativehelper.so` and never
//! linked, since older systems would not load the library.

use std::{
    ffi::{CStr, CString, c_void},
    io, mem, ptr,
};

use jni_sys::{
    JNI_OK, JNI_VERSION_1_6, JNIEnv, JavaVM, jclass, jint, jmethodID, jobject, jsize, jvalue,
};

type GetCreatedMachines =
    unsafe extern "system" fn(machines: *mut *mut JavaVM, size: jsize, count: *mut jsize) -> jint;

/// The library that has `JNI_GetCreatedJavaVMs`.
#[cfg(target_os = "android")]
const LIBRARY: &CStr = c"libnativehelper.so";
#[cfg(not(target_os = "android"))]
const LIBRARY: &CStr = c"libjvm.so";

/// Java's system properties of these names, without those that are not set. It may block.
pub(crate) fn system_properties(names: &[&str]) -> io::Result<Vec<(String, String)>> {
    let thread = Thread::attach()?;
    let system = thread.class(c"java/lang/System")?;
    let get = thread.static_method(
        system,
        c"getProperty",
        c"(Ljava/lang/String;)Ljava/lang/String;",
    )?;
    let mut properties = Vec::new();
    for &name in names {
        let value = thread.call_static(system, get, name)?;
        if let Some(value) = thread.text(value)? {
            properties.push((name.to_owned(), value));
        }
    }
    Ok(properties)
}

/// This thread, attached to the virtual machine. Objects that it refers to are released when it is dropped.
struct Thread {
    machine: *mut JavaVM,
    env: *mut JNIEnv,
    /// Whether the thread was attached before.
    was_attached: bool,
}

/// The most objects that are referred to at a time.
const CAPACITY: jint = 64;

impl Thread {
    fn attach() -> io::Result<Self> {
        let machine = machine()?;
        let mut env: *mut c_void = ptr::null_mut();
        // SAFETY: the virtual machine is never unloaded, and its functions are set.
        let was_attached =
            unsafe { ((**machine).v1_2.GetEnv)(machine, &raw mut env, JNI_VERSION_1_6) } == JNI_OK;
        if !was_attached {
            // SAFETY: as above.
            let attached = unsafe {
                ((**machine).v1_1.AttachCurrentThread)(machine, &raw mut env, ptr::null_mut())
            };
            if attached != JNI_OK {
                return Err(io::Error::other("the thread can't be attached to Java"));
            }
        }
        let thread = Self {
            machine,
            env: env.cast(),
            was_attached,
        };
        // SAFETY: the thread is attached. A failed call has an exception, which is cleared.
        unsafe { ((**thread.env).v1_2.PushLocalFrame)(thread.env, CAPACITY) };
        thread.check()?;
        Ok(thread)
    }

    fn class(&self, name: &CStr) -> io::Result<jclass> {
        // SAFETY: the thread is attached.
        let class = unsafe { ((**self.env).v1_1.FindClass)(self.env, name.as_ptr()) };
        self.check()?;
        Ok(class)
    }

    fn static_method(&self, class: jclass, name: &CStr, of_type: &CStr) -> io::Result<jmethodID> {
        // SAFETY: the thread is attached, and the class exists.
        let method = unsafe {
            ((**self.env).v1_1.GetStaticMethodID)(self.env, class, name.as_ptr(), of_type.as_ptr())
        };
        self.check()?;
        Ok(method)
    }

    /// Calls a static method that takes a `String` and returns an object.
    fn call_static(&self, class: jclass, method: jmethodID, argument: &str) -> io::Result<jobject> {
        let argument = CString::new(argument)?;
        // SAFETY: the thread is attached.
        let l = unsafe { ((**self.env).v1_1.NewStringUTF)(self.env, argument.as_ptr()) };
        self.check()?;
        let arguments = [jvalue { l }];
        // SAFETY: the method belongs to the class, and takes this one argument.
        let result = unsafe {
            ((**self.env).v1_1.CallStaticObjectMethodA)(self.env, class, method, arguments.as_ptr())
        };
        self.check()?;
        Ok(result)
    }

    /// Copies a `String`. `None` if it is null.
    fn text(&self, string: jobject) -> io::Result<Option<String>> {
        if string.is_null() {
            return Ok(None);
        }
        // SAFETY: it is a string. The characters end with a zero, and are valid until they are released.
        unsafe {
            let chars = ((**self.env).v1_1.GetStringUTFChars)(self.env, string, ptr::null_mut());
            self.check()?;
            let text = CStr::from_ptr(chars).to_string_lossy().into_owned();
            ((**self.env).v1_1.ReleaseStringUTFChars)(self.env, string, chars);
            Ok(Some(text))
        }
    }

    /// An error if the last call threw an exception, which is cleared.
    fn check(&self) -> io::Result<()> {
        // SAFETY: the thread is attached.
        unsafe {
            if !((**self.env).v1_2.ExceptionCheck)(self.env) {
                return Ok(());
            }
            ((**self.env).v1_1.ExceptionClear)(self.env);
        }
        Err(io::Error::other("Java threw an exception"))
    }
}

impl Drop for Thread {
    /// A thread that ends while it is attached would end the process.
    fn drop(&mut self) {
        // SAFETY: the thread is attached, and no object is used any more.
        unsafe {
            ((**self.env).v1_2.PopLocalFrame)(self.env, ptr::null_mut());
            if !self.was_attached {
                ((**self.machine).v1_1.DetachCurrentThread)(self.machine);
            }
        }
    }
}

/// The virtual machine of this process, of which there is one at most.
fn machine() -> io::Result<*mut JavaVM> {
    // SAFETY: that is the function's type in jni.h.
    let find: GetCreatedMachines = unsafe {
        let function = function(LIBRARY, c"JNI_GetCreatedJavaVMs")?;
        mem::transmute(function)
    };
    let (mut machine, mut count) = (ptr::null_mut(), 0);
    // SAFETY: there is room for one.
    let found = unsafe { find(&raw mut machine, 1, &raw mut count) };
    if found != JNI_OK || count < 1 || machine.is_null() {
        return Err(io::Error::other("this process has no Java virtual machine"));
    }
    Ok(machine)
}

/// A function of a library, which stays loaded. In an app Java's library is loaded already.
fn function(library: &CStr, name: &CStr) -> io::Result<*mut c_void> {
    // SAFETY: both are C strings, and the library is the system's.
    let function = unsafe {
        let library = libc::dlopen(library.as_ptr(), libc::RTLD_NOW);
        match library.is_null() {
            true => library,
            false => libc::dlsym(library, name.as_ptr()),
        }
    };
    if function.is_null() {
        return Err(io::Error::other(format!("{library:?} has no {name:?}")));
    }
    Ok(function)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::{path::PathBuf, thread};

    use jni_sys::{JavaVMInitArgs, JavaVMOption};

    use super::*;

    type CreateMachine = unsafe extern "system" fn(
        machine: *mut *mut JavaVM,
        env: *mut *mut c_void,
        arguments: *mut c_void,
    ) -> jint;

    /// The function that starts the Java of this machine, if it has one for this architecture.
    fn installed() -> Option<CreateMachine> {
        let folders = std::fs::read_dir("/usr/lib/jvm").ok()?.flatten();
        let folders = folders.map(|folder| folder.path());
        let mut folders: Vec<PathBuf> = folders.collect();
        folders.extend(std::env::var_os("JAVA_HOME").map(PathBuf::from));
        folders.into_iter().find_map(|folder| {
            let library = folder.join("lib/server/libjvm.so").into_os_string();
            let library = CString::new(library.into_encoded_bytes()).ok()?;
            let create = function(&library, c"JNI_CreateJavaVM").ok()?;
            // SAFETY: that is the function's type in jni.h.
            Some(unsafe { mem::transmute::<*mut c_void, CreateMachine>(create) })
        })
    }

    fn start(create: CreateMachine, options: &[&CStr]) {
        let mut options: Vec<_> = options
            .iter()
            .map(|option| JavaVMOption {
                optionString: option.as_ptr().cast_mut(),
                extraInfo: ptr::null_mut(),
            })
            .collect();
        let mut arguments = JavaVMInitArgs {
            version: JNI_VERSION_1_6,
            nOptions: jint::try_from(options.len()).expect("a few"),
            options: options.as_mut_ptr(),
            ignoreUnrecognized: false,
        };
        let (mut machine, mut env) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: the arguments outlive the call.
        let created =
            unsafe { create(&raw mut machine, &raw mut env, (&raw mut arguments).cast()) };
        assert_eq!(created, JNI_OK);
    }

    /// In one test, since a process has one virtual machine.
    #[test]
    fn system_properties_are_read_from_any_thread() {
        let names = ["http.proxyHost", "http.proxyPort", "http.nonProxyHosts"];
        // Without a virtual machine: Dart's tests, or Android before 12.
        system_properties(&names).expect_err("there is no Java yet");
        let Some(create) = installed() else {
            eprintln!("skipped: this machine has no Java");
            return;
        };
        start(
            create,
            &[
                c"-Dhttp.proxyHost=proxy.example",
                c"-Dhttp.proxyPort=3128",
                c"-Xmx16m",
                // Leaves the signals to the test.
                c"-Xrs",
            ],
        );
        let read = move || system_properties(&names).expect("Java answers");
        let expected = [
            ("http.proxyHost", "proxy.example"),
            ("http.proxyPort", "3128"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        // The thread that started it stays attached. The others are attached for the call.
        for _ in 0..3 {
            assert_eq!(read(), expected);
            assert_eq!(thread::spawn(read).join().expect("no panic"), expected);
        }
        // An empty name is an IllegalArgumentException, and does not stay pending.
        for _ in 0..3 {
            let error = system_properties(&[""]).expect_err("an exception");
            assert!(error.to_string().contains("exception"), "{error}");
        }
        system_properties(&["a\0b"]).expect_err("a name with a zero");
        assert_eq!(read(), expected);
    }
}
